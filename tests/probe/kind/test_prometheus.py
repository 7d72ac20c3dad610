"""The kind `prometheus` against answers as Prometheus' API gives them, over a real connection."""

import json
import time
from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.prometheus import Options
from tests.probe.looked import SECRET, task
from tests.probe.probing import Said, probe
from tests.probe.servers import Server, answering, page, serving


def answer(result: Any, kind: str = "vector", **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


def series(*values: str, **labels: str) -> list[dict[str, Any]]:
    at = time.time()
    return [{"metric": {"job": "pay", "pod": f"p{n}", **labels}, "value": [at, value]} for n, value in enumerate(values)]


def asked(body: bytes, up: dict[str, Any] | None = None, *, status: str = "200 OK", **more: Any) -> tuple[Said, Server]:
    with serving(answering(page(body, status=status))) as server:
        made = task("prometheus", {"url": server.url(), "query": 'up{job="pay"}', **more}, up=up or {})
        return probe(made.check), server


def test_a_value_is_asked_for_and_judged() -> None:
    said, server = asked(
        answer(series("0.25")), {"fact": {"value": {"below": 0.2}}}, bearer=Secret("a-token"), tenant="northwind"
    )
    assert (said.verdict, said.reason) == (Verdict.DOWN, "value is 0.25, expected that it is below 0.2")
    facts = said.facts
    assert (facts["value"], facts["text"], facts["series"], facts["labels"]) == (0.25, "0.25", 1, "job=pay, pod=p0")
    assert abs(float(facts["age_s"] or 0)) < 60
    head = server.asked[0].decode()
    assert head.startswith("GET /api/v1/query?query=up%7Bjob%3D%22pay%22%7D HTTP/1.1\r\n")
    assert "Authorization: Bearer a-token\r\n" in head
    assert "X-Scope-OrgID: northwind\r\n" in head


@pytest.mark.parametrize(
    ("body", "up", "reason"),
    [
        (answer([]), {}, "series is 0, expected that it is at least 1"),
        (answer([]), {"fact": {"series": 0}}, ""),
        (answer(series("1", "4")), {}, ""),
        (answer(series("1", "4")), {"fact": {"highest": {"below": 3}}}, "highest is 4, expected that it is below 3"),
        (answer(series("1", "4")), {"fact": {"value": {"below": 3}}}, "series is 2, expected that it is 1; there is no value"),
        (answer(series("NaN")), {"fact": {"value": {"below": 3}}}, "there is no value"),
        (answer(series("NaN")), {"fact": {"text": "NaN"}}, ""),
        (answer([time.time(), "7"], "scalar"), {"fact": {"value": 7}}, ""),
        (answer([time.time(), "ready"], "string"), {"fact": {"text": "ready"}}, ""),
        (answer([], warnings=["a store is away"]), {"fact": {"series": 0, "warning": {"lacks": "away"}}},
         'warning is "a store is away", expected that it lacks "away"'),
    ],
    ids=[f"answer-{number}" for number in range(10)],  # some hold the time: workers must know them by the same names
)  # fmt: skip
def test_what_comes_is_counted_and_measured(body: bytes, up: dict[str, Any], reason: str) -> None:
    said, _ = asked(body, up)
    assert (said.verdict, said.reason) == (Verdict.DOWN if reason else Verdict.UP, reason)


def test_of_a_range_the_last_point_counts_with_its_true_age() -> None:
    points = [[time.time() - 900, "3"], [time.time() - 600, "5"]]
    said, _ = asked(answer([{"metric": {}, "values": points}], "matrix"), {"fact": {"age_s": {"below": 300}}})
    assert (said.verdict, said.facts["value"]) == (Verdict.DOWN, 5)
    assert 600 <= float(said.facts["age_s"] or 0) < 700


WRONG = json.dumps({"status": "error", "errorType": "bad_data", "error": 'parse error: unexpected "}"'}).encode()
SLOW = json.dumps({"status": "error", "errorType": "timeout", "error": "query timed out in expression evaluation"}).encode()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (WRONG, "400 Bad Request", 'Prometheus does not understand the query: parse error: unexpected "}"'),
        (SLOW, "503 Service Unavailable", "Prometheus cannot answer the query: query timed out in expression evaluation"),
        (b"", "401 Unauthorized", "Prometheus refuses to answer us (status 401): see to the login"),
        (b"Bad gateway", "502 Bad Gateway", "Prometheus answered with status 502"),
        (b"Bad gateway", "503 Service Unavailable", "Prometheus sent something that is not JSON"),
        (b"<html>", "200 OK", "Prometheus sent something that is not JSON"),
        (b"[" * 100000, "200 OK", "Prometheus sent something that is not JSON"),
        (b"[]", "200 OK", "Prometheus sent JSON of another shape than expected"),
        (answer([{"metric": {}, "value": "x"}]), "200 OK", "Prometheus sent JSON of another shape than expected"),
        (answer([{"metric": {}, "histogram": [1, {}]}]), "200 OK",
         "the query gives a histogram: ask for a number, such as with histogram_quantile"),
        (b" " * (1 << 20) + b"{}", "200 OK", "Prometheus sent more than 1 MiB"),
    ],
)  # fmt: skip
def test_a_prometheus_in_trouble_says_nothing_of_what_it_measures(body: bytes, status: str, reason: str) -> None:
    said, _ = asked(body, status=status)
    assert (said.verdict, said.reason) == (Verdict.UNKNOWN, reason)


def test_a_token_that_is_repeated_goes_no_further() -> None:
    said, _ = asked(answer(series("1", note=SECRET)), bearer=Secret(SECRET))
    assert "•••" in str(said.facts["labels"])
    assert SECRET not in str(said)


def test_where_prometheus_is_may_be_written_in_each_way() -> None:
    ways = ("https://metrics.northwind.example", "https://metrics.northwind.example/api/v1/query")
    assert {Options(url=url, query="up").url for url in ways} == {ways[0]}
    assert Options(url="https://metrics.northwind.example/prom/", query="up").url == "https://metrics.northwind.example/prom"
    with pytest.raises(ValidationError, match="belongs into `query`"):
        Options(url="https://metrics.northwind.example/api/v1/query?query=up", query="up")
