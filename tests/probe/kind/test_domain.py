"""The kind `domain` against answers as registries give them by RDAP (RFC 9083), over a real connection."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.probe.condition import Seen
from sentinel.probe.kind.domain import BOOTSTRAP, Options, read
from sentinel.probe.trouble import Failed, Whose
from tests.probe.looked import task
from tests.probe.probing import Said, probe
from tests.probe.servers import Server, answering, page, serving


def registered(days: float = 200.5, **more: Any) -> bytes:
    at = datetime.now(UTC) + timedelta(days=days)
    card = ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Northwind Names"]]]
    return json.dumps(
        {
            "objectClassName": "domain",
            "ldhName": "NORTHWIND.EXAMPLE",
            "events": [
                {"eventAction": "registration", "eventDate": "2001-01-01T00:00:00Z"},
                {"eventAction": "expiration", "eventDate": at.strftime("%Y-%m-%dT%H:%M:%SZ")},
            ],
            "entities": [{"roles": ["abuse"]}, {"roles": ["registrar"], "vcardArray": card}],
            "status": ["client transfer prohibited", "active"],
            "nameservers": [{"ldhName": "NS1.northwind.example"}],
            "secureDNS": {"delegationSigned": True},
            **more,
        }
    ).encode()


def asked(body: bytes, up: dict[str, Any] | None = None, *, status: str = "200 OK") -> tuple[Said, Server]:
    with serving(answering(page(body, status=status))) as server:
        made = task("domain", {"name": "northwind.example", "rdap": server.url("/rdap/")}, up=up or {})
        return probe(made.check), server


def test_a_registered_domain_is_up_with_its_facts() -> None:
    said, server = asked(registered())
    assert (said.verdict, said.reason) == (Verdict.UP, "")
    facts = said.facts
    assert 200 < float(facts["days"] or 0) < 201
    assert (facts["registrar"], facts["statuses"]) == ("Northwind Names", "active; client transfer prohibited")
    assert (facts["name_servers"], facts["signed"]) == ("ns1.northwind.example", True)
    assert server.asked[0].startswith(b"GET /rdap/domain/northwind.example HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("body", "up", "reason"),
    [
        (lambda: registered(20.2), {"fact": {"days": {"at_least": 30}}}, "days is 20.2, expected that it is at least 30"),
        (lambda: registered(-1.0), {}, "days is -1, expected that it is above 0"),
        (
            lambda: registered(status=["redemption period"]),
            {},
            'statuses is "redemption period", expected that it lacks '
            '"server hold", "client hold", "redemption period", "pending delete"',
        ),
    ],
)
def test_one_that_is_about_to_be_lost_is_down(body: Callable[[], bytes], up: dict[str, Any], reason: str) -> None:
    """Made when the test runs: days pass meanwhile."""
    said, _ = asked(body(), up)
    assert (said.verdict, said.reason) == (Verdict.DOWN, reason)


def test_one_that_the_registry_does_not_know_is_down() -> None:
    said, _ = asked(b'{"errorCode": 404}', status="404 Not Found")
    reason = "the registry knows no domain northwind.example: it is not registered, or no longer"
    assert (said.verdict, said.reason) == (Verdict.DOWN, reason)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", "429 Too Many Requests", "the registry is asked too often (status 429): look less often"),
        (b"", "500 Oops", "the registry answered with status 500"),
        (b"<html>", "200 OK", "the registry sent something that is not JSON"),
        (b"{}", "200 OK", "the registry sent JSON of another shape than expected"),
        (registered(events=None), "200 OK", "the registry does not say until when northwind.example is registered"),
        (registered(entities=[{"roles": ["registrar"], "vcardArray": ["vcard", 7]}], status=7, nameservers=7), "200 OK", ""),
    ],
)
def test_a_registry_in_trouble_says_nothing_of_the_domain(body: bytes, status: str, reason: str) -> None:
    said, _ = asked(body, status=status)
    assert (said.verdict, said.reason) == (Verdict.UNKNOWN if reason else Verdict.UP, reason)


def test_that_no_registry_is_known_is_told_from_no_such_domain() -> None:
    """The service that knows them all sends on to the registry, or has none to send on to."""
    options = Options(name="northwind.example", rdap=BOOTSTRAP)
    for facts, whose in (({"status": 404}, Whose.OURS), ({"status": 404, "redirects": 1}, Whose.THEIRS)):
        with pytest.raises(Failed) as failed:
            read(options, Seen(facts=facts), datetime.now(UTC))
        assert failed.value.trouble.whose is whose


def test_names_are_written_as_people_write_them() -> None:
    assert Options.model_validate("Nordwind-Möbel.Example.").name == "xn--nordwind-mbel-rmb.example"
    for wrong in ("northwind", "https://northwind.example", "north wind.example"):
        with pytest.raises(ValidationError):
            Options.model_validate(wrong)
