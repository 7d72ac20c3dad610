"""What blackbox_exporter's own tests ask is asked of Sentinel, on real servers: it agrees, or it refuses and says why."""

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from sentinel.exchange import blackbox, blackboxhttp
from sentinel.exchange.literal import literal
from sentinel.model.observation import Verdict
from sentinel.probe.once import Sampled, sample
from sentinel.run.kinds import FoundKinds
from sentinel.run.modules import Unfit, check_of
from tests.exchange.blackbox_cases import CASES, Case
from tests.exchange.targets import target
from tests.probe.looked import LOOPBACK

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def filled(written: Any, bundle: Path) -> Any:
    if isinstance(written, dict):
        return {key: filled(value, bundle) for key, value in written.items()}
    return written.replace("{ca}", str(bundle)) if isinstance(written, str) else written


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.about}: {case.name}")
def test_it_agrees_or_says_why_not(case: Case, authority: trustme.CA, bundle: Path) -> None:
    with target(case.server, authority) as where:
        at = f"https://{where}/" if case.prober == "http" and case.server == "secured" else where
        if case.ours is None:
            with pytest.raises(Unfit):
                check_of(filled(case.module, bundle), at, FoundKinds())
            return
        check = check_of(filled(case.module, bundle), at, FoundKinds())
        found: Sampled = asyncio.run(sample(check, LOOPBACK, NOW))
    assert (found.verdict is Verdict.UP) == case.ours, found
    assert found.verdict is not Verdict.UNKNOWN, found


def test_where_it_does_not_agree_it_says_why() -> None:
    assert [case.name for case in CASES if not case.agrees and not case.why] == []


@pytest.mark.parametrize(
    ("expression", "text"),
    [("could not connect", "could not connect"), (".*127.0.0.1", "127.0.0.1"),
     (r"Domain=\.example\.com.*", "Domain=.example.com"),
     (r"a\tb", "a\tb"), ("a+b", None), ("^SSH", None), (r"\d", None), ("(a|b)", None), ("a\\", None), (".*", "")],
)  # fmt: skip
def test_an_expression_is_a_text_or_nothing(expression: str, text: str | None) -> None:
    assert literal(expression) == text


KEYS = (
    *blackboxhttp.KEYS,
    "query_response",
    "query_name",
    "query_type",
    "validate_answer_rrs",
    "valid_rcodes",
    "metadata",
    "tls",
)


@pytest.mark.parametrize(
    "junk", [0, 3.5, "text", True, [], [1], ["a"], [{}], [[]], {}, {"a": 1}, {"a": None}, {1: [2]}, None], ids=repr
)
def test_whatever_stands_in_a_module_it_is_taken_or_refused(junk: Any) -> None:
    for prober in blackbox.PROBERS:
        for key in KEYS:
            module = {"prober": prober, prober: {key: junk}}
            good, wrong = blackbox.modules({"m": module})
            assert bool(good) != bool(wrong)
            with contextlib.suppress(Unfit):
                check_of(module, "192.0.2.7:53", FoundKinds())


@pytest.mark.parametrize(
    "written",
    [None, [], "x", {"m": None}, {"m": {}}, {"m": {"prober": "ftp"}}, {"m": {"prober": "http", "timeout": "soon"}}],
    ids=repr,
)
def test_what_are_no_modules_is_said(written: Any) -> None:
    good, wrong = blackbox.modules(written)
    assert not good
    assert len(wrong) == 1


def test_what_is_not_quite_as_it_was_is_said() -> None:
    assert blackbox.translate({"prober": "http"}, "a.example").unlike == ["at most 3 redirects are followed, not 10"]


def test_over_tls_what_wants_tls_is_up(authority: trustme.CA) -> None:
    module = {"prober": "http", "http": {"fail_if_not_ssl": True, "tls_config": {"insecure_skip_verify": True}}}
    with target("secured", authority) as where:
        found = asyncio.run(sample(check_of(module, f"https://{where}/", FoundKinds()), LOOPBACK, NOW))
    assert found.verdict is Verdict.UP
    assert found.first_expiry is not None


@pytest.mark.parametrize(
    ("how", "expression", "body", "good"),
    [
        ("matches", "(?i)fail(ed|ure)", "body hello", True), ("matches", "hel+o", "body hello", False),
        ("not_matches", "^hello", "body hello", True), ("not_matches", "^world", "body hello", False),
        ("not_matches", 'qu"ote|hello', "body hello", True), ("matches", r"\bworld$", "body hello", False),
    ],
)  # fmt: skip
def test_what_is_more_than_a_text_is_asked_in_cel(
    how: str, expression: str, body: str, good: bool, authority: trustme.CA
) -> None:
    module = {"prober": "http", "http": {f"fail_if_body_{how}_regexp": [expression]}}
    with target(body, authority) as where:
        found = asyncio.run(sample(check_of(module, where, FoundKinds()), LOOPBACK, NOW))
    assert (found.verdict is Verdict.UP) == good, found


def test_a_body_named_in_a_text_stays_a_text() -> None:
    module = {"prober": "http", "http": {"fail_if_body_json_not_matches_cel": "body.a == 'body' && body.body == x.body"}}
    assert blackbox.translate(module, "a.example").up["when"] == ["json.a == 'body' && json.body == x.body"]


def test_an_icmp_module_sends_one_echo_of_the_size_that_it_says() -> None:
    made = blackbox.translate({"prober": "icmp", "icmp": {"payload_size": 120}}, "gw.northwind.example")
    assert (made.options, made.cannot, made.unlike) == ({"host": "gw.northwind.example", "count": 1, "size": 120}, [], [])
