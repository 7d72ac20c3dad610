"""The API over a real hub with a SQLite store, on loopback: tokens and scopes, idempotency keys, pages, and odd bodies."""

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sentinel.model.account import Right
from sentinel.model.incident import Noted
from tests.run.world import CARD, House
from tests.serve.real import OPERATOR, bearing, lived_in, served, token_with

NOTE = "/incidents/2/notes"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = lived_in(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with served(house) as url:
        yield url


@pytest.fixture
def operator(address: str) -> Iterator[httpx.Client]:
    with bearing(OPERATOR, address) as client:
        yield client


def notes(house: House) -> list[tuple[str, str]]:
    """(who, text) of each note of incident 2."""
    return [(entry.who, entry.said.text) for entry in house.entries(2) if isinstance(entry.said, Noted)]


def test_a_token_does_what_its_scopes_say_under_its_own_name(house: House, address: str) -> None:
    with bearing(token_with(house, Right.READ, Right.DECLARE, name="status board"), address) as program:
        assert program.get("/board").status_code == 200
        assert program.post(NOTE, json={"text": "from a program"}, headers={"sentinel-as": "maria"}).status_code == 200
        refused = program.post("/notices/9/cancel", json={})
    assert ("program status board", "from a program") in notes(house), "no token can be named like a person and speak as them"
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert "approve" in refused.json()["detail"]


def test_each_command_of_the_common_door_asks_for_its_own_scope(house: House, address: str) -> None:
    with bearing(token_with(house, Right.READ), address) as program:
        assert program.post("/commands", json={"do": "hold", "on": True}).status_code == 403
    assert house.read(lambda c: c.exec_driver_sql("select hold from installation").scalar_one()) == 0


def test_a_token_without_customers_sees_no_customers_name(house: House, address: str, operator: httpx.Client) -> None:
    assert "Dear Ada," in operator.get("/incidents/2").text
    with bearing(token_with(house, Right.READ), address) as program:
        assert "Ada" not in program.get("/incidents/1").text + program.get("/incidents/2").text
        assert program.get("/deliveries/1").status_code == 403


def test_a_token_that_ran_out_or_was_revoked_opens_nothing(house: House, address: str, operator: httpx.Client) -> None:
    made = operator.post("/tokens", json={"name": "short", "rights": ["read"]}).json()
    with bearing(made["token"], address) as program:
        assert program.get("/board").status_code == 200
        assert operator.delete(f"/tokens/{made['made']['id']}").status_code == 200
        assert program.get("/board").status_code == 401
    late = token_with(house, Right.READ, expires_at=house.now + timedelta(seconds=1))
    house.now += timedelta(seconds=2)
    with bearing(late, address) as program:
        assert program.get("/board").status_code == 401


def test_who_guesses_waits_and_locks_nobody_else_out(tmp_path_factory: pytest.TempPathFactory, house: House) -> None:
    good = token_with(house, Right.READ)
    with served(house) as url, bearing("x", url) as guesser, bearing(good, url) as program, bearing(OPERATOR, url) as operator:
        assert program.get("/hold").status_code == 200
        answers = [guesser.get("/hold", headers={"authorization": f"Bearer guess-{n}"}) for n in range(21)]
        assert [each.status_code for each in answers] == [401] * 20 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert (program.get("/hold").status_code, operator.get("/hold").status_code) == (200, 200)


def test_the_same_key_gives_the_first_answer_and_changes_nothing(house: House, operator: httpx.Client) -> None:
    asked = {"url": NOTE, "json": {"text": "once"}, "headers": {"idempotency-key": "k-1"}}
    first, again = operator.post(**asked), operator.post(**asked)  # type: ignore[arg-type]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert [text for _, text in notes(house)].count("once") == 1
    other = operator.post(NOTE, json={"text": "another"}, headers={"idempotency-key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_a_refusal_is_given_again_too(operator: httpx.Client) -> None:
    asked = {"url": "/incidents/1/acknowledge", "headers": {"idempotency-key": "k-2"}}
    first, again = operator.post(**asked), operator.post(**asked)  # type: ignore[arg-type]
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (409, first.json())


def test_the_same_key_at_the_same_moment_is_carried_out_once(house: House, address: str) -> None:
    def ask(_: int) -> Any:
        with bearing(OPERATOR, address) as client:
            return client.post(NOTE, json={"text": "together"}, headers={"idempotency-key": "k-3"}).json()

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(ask, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert [text for _, text in notes(house)].count("together") == 1


def test_a_key_is_its_callers_own(house: House, address: str, operator: httpx.Client) -> None:
    operator.post(NOTE, json={"text": "mine"}, headers={"idempotency-key": "k-4"})
    with bearing(token_with(house, Right.DECLARE), address) as program:
        assert program.post(NOTE, json={"text": "theirs"}, headers={"idempotency-key": "k-4"}).status_code == 200
    assert {"mine", "theirs"} <= {text for _, text in notes(house)}


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_a_key_that_is_none_is_refused(operator: httpx.Client, key: str) -> None:
    answer = operator.post(NOTE, json={"text": "x"}, headers={b"idempotency-key": key.encode()})
    assert (answer.status_code, answer.json()["faults"][0]["parameter"]) == (422, "Idempotency-Key")


def test_what_must_stay_secret_is_shown_once(operator: httpx.Client) -> None:
    asked = {"url": "/tokens", "json": {"name": "twice", "rights": ["read"]}, "headers": {"idempotency-key": "k-5"}}
    first, again = operator.post(**asked).json(), operator.post(**asked).json()  # type: ignore[arg-type]
    assert first["token"].startswith("sntl_")
    assert again == {"made": None, "token": None}
    made = operator.post("/accounts", json={"email": "new@example.com", "name": "New", "roles": ["viewer"]}).json()
    assert made["code"].startswith("inv_")
    for path in ("/accounts", "/tokens", "/audit"):
        text = operator.get(path).text
        assert first["token"] not in text
        assert made["code"] not in text
        assert path == "/audit" or "digest" not in text
    for command in ({"do": "save_account"}, {"do": "make_token"}, {"do": "rehearse"}):
        assert operator.post("/commands", json=command).status_code == 422


def test_lists_come_by_the_page_and_each_row_once(house: House, operator: httpx.Client) -> None:
    found: list[int] = []
    path: str | None = "/incidents?limit=1"
    while path:
        answer = operator.get(path.removeprefix("/api/v1"))
        found += [line["incident"]["id"] for line in answer.json()["incidents"]]
        path = answer.links.get("next", {}).get("url")
    assert found == sorted(found, reverse=True)
    assert len(found) == len(set(found)) >= 2
    over = operator.get("/incidents?state=over").json()["incidents"]
    assert {line["incident"]["id"] for line in over} == {1}
    first = operator.get("/incidents/1/timeline?limit=2").json()
    rest = operator.get(f"/incidents/1/timeline?after={first['next']}").json()
    assert [e["seq"] for e in first["entries"] + rest["entries"]] == [e.seq for e in house.entries(1)]


def test_a_parameter_that_is_none_or_twice_there_is_refused(operator: httpx.Client) -> None:
    for bad in ("stat=open", "limit=1&limit=2", "limit=+1", "limit=1.0", "after=0", "state=shut", "limit=101"):
        answer = operator.get(f"/incidents?{bad}")
        assert (answer.status_code, bool(answer.json()["faults"])) == (422, True), bad


def test_what_has_not_changed_is_not_sent_again(operator: httpx.Client) -> None:
    etag = operator.get("/hold").headers["etag"]
    same = operator.get("/hold", headers={"if-none-match": f'"other", W/{etag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    assert operator.get("/hold", headers={"if-none-match": '"other"'}).status_code == 200


def test_a_head_is_a_get_without_its_body_and_other_methods_are_named(operator: httpx.Client) -> None:
    head = operator.head("/hold")
    assert (head.status_code, head.content) == (200, b"")
    wrong = operator.request("OPTIONS", "/incidents")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    assert wrong.headers["content-type"] == "application/problem+json"


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"text": "x", "text": "y"}', JSON, 400),
        (b'{"text": NaN}', JSON, 400),
        (b'{"text": 1e999}', JSON, 400),
        (b'{"text": -Infinity}', JSON, 400),
        (b'{"text": "\\ud800"}', JSON, 422),
        (b'{"\\udc00": 1}', JSON, 422),
        (b'{"text": "a\\u0000b"}', JSON, 422),
        (b'{"text": "\xff"}', JSON, 400),
        (b"\xef\xbb\xbf{}", JSON, 400),
        (b'{"text": ' * 40 + b"1" + b"}" * 40, JSON, 400),
        (b"[" * 60000, JSON, 400),
        (b'{"text": ' + b"9" * 60000 + b"}", JSON, 400),
        (b'{"text": "' + b"x" * 70000 + b'"}', JSON, 413),
        (b"[1]", JSON, 422),
        (b"", JSON, 422),
        (b'{"text": "x", "incident": 1}', JSON, 422),
        (b'{"text": "x"}', {}, 415),
        (b'{"text": "x"}', {"content-type": "text/plain"}, 415),
        (b'{"text": "x"}', {"content-type": "application/json; charset=latin-1"}, 415),
        (b"text=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (gzip.compress(b'{"text": "x"}', mtime=0), {**JSON, "content-encoding": "gzip"}, 415),
    ],
)
def test_an_odd_body_is_a_problem_and_changes_nothing(
    house: House, operator: httpx.Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    before = house.entries(2)
    answer = operator.post(NOTE, content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["code"]
    assert house.entries(2) == before


def test_all_that_is_wrong_is_listed_with_its_place(operator: httpx.Client) -> None:
    answer = operator.post("/incidents/2/eta", json={"until": "14:30", "reason": 3, "incident": 1, "a/b~": 1})
    assert {fault["pointer"] for fault in answer.json()["faults"]} == {"/until", "/reason", "/incident", "/a~1b~0"}


@pytest.mark.parametrize(
    "until", ["2026-11-22T14:30:00", "1700000000", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_an_instant_that_is_none_of_ours_is_refused(operator: httpx.Client, until: str) -> None:
    assert operator.post("/incidents/2/eta", json={"until": until, "reason": "x"}).status_code == 422


def test_a_rehearsal_goes_to_nobody_else(operator: httpx.Client) -> None:
    answer = operator.post("/notices/9/rehearse", json={"hash": "x", "to": "mallory@example.net"})
    assert (answer.status_code, answer.json()["code"]) == (422, "address")


def test_looking_at_customers_stands_in_the_audit_once_in_a_while(house: House, address: str, operator: httpx.Client) -> None:
    with bearing(token_with(house, Right.CUSTOMERS, name="curious"), address) as program:
        for _ in range(3):
            program.get("/deliveries/1")
    lines = [entry for entry in operator.get("/audit?limit=100").json()["entries"] if entry["who"] == "program curious"]
    assert [json.loads(line["command"])["about"] for line in lines] == ["GET /api/v1/deliveries/1"]


def test_services_checks_places_desk_and_subscribers_answer(operator: httpx.Client) -> None:
    for path in (
        "/services",
        "/services/payments",
        f"/checks/{CARD}?hours=168",
        f"/checks/{CARD}/history",
        "/places",
        "/processes",
        "/desk",
        "/callers",
        "/subscribers",
    ):
        assert operator.get(path).status_code == 200, path
    for path in (
        "/services/none",
        "/checks/none",
        "/checks/none/history",
        "/incidents/99",
        "/deliveries/9999",
        "/accounts/none/invitation",
        "/notices/0",
    ):
        assert operator.get(path).status_code in (404, 405), path


def test_the_history_of_a_check_comes_in_the_steps_that_are_asked_for(house: House, operator: httpx.Client) -> None:
    def asked(hours: float, step: str) -> dict[str, Any]:
        begin = house.now - timedelta(hours=hours)
        given = {"from": f"{begin:%Y-%m-%dT%H:%M:%SZ}", "to": f"{house.now:%Y-%m-%dT%H:%M:%SZ}", "step": step}
        found: dict[str, Any] = operator.get(f"/checks/{CARD}/history", params=given).json()
        return found

    fine, coarse = asked(20, "5m"), asked(20, "1h")
    assert fine["whole"]["samples"] > 0
    assert sum(span["samples"] for span in coarse["spans"]) == coarse["whole"]["samples"] >= fine["whole"]["samples"]
    assert len(fine["spans"]) > len(coarse["spans"])
    whole = operator.get(f"/checks/{CARD}/history").json()
    assert whole["step"] == "PT15M", "the finest of which a day has at most a hundred"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"from": "2026-02-30T00:00:00Z"}, "instant"),
        ({"from": "0001-01-01T00:00:00Z"}, "instant"),
        ({"from": "yesterday"}, "instant"),
        ({"to": "2026-11-22T10:00:00"}, "instant"),
        ({"from": "2026-11-22T10:00:00Z", "to": "2026-11-22T10:00:00Z"}, "span"),
        ({"from": "2026-11-01T10:00:00Z", "to": "2026-11-22T10:00:00Z", "step": "1m"}, "too_many"),
        ({"from": "2020-11-01T10:00:00Z", "to": "2020-11-01T11:00:00Z", "step": "1m"}, "too_fine"),
        ({"step": "2m"}, "invalid"),
    ],
)
def test_a_history_that_cannot_be_is_refused_with_what_to_do(operator: httpx.Client, given: dict[str, str], code: str) -> None:
    answer = operator.get(f"/checks/{CARD}/history", params=given)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_what_is_older_than_minutes_are_kept_comes_by_the_hour_unasked(operator: httpx.Client) -> None:
    old = {"from": "2020-11-01T10:00:00Z", "to": "2020-11-01T11:00:00Z"}
    assert operator.get(f"/checks/{CARD}/history", params=old).json()["step"] == "PT1H"
