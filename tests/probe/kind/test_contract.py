"""What every kind of probe owes: on time, within bounds, in one sentence, without a secret, and documented.

Each kind has a file `case_<kind>.py` beside this one, which says what to ask of a server at a port of loopback:

    def options(port: int) -> Any            # the least that it takes
    def secretive(port: int) -> Any          # the same with SECRET in every option that holds one (only where there are such)
    OVER = "tcp"                             # "tcp" (all cases), or "other": a kind that speaks to no TCP server of its own
"""

import tracemalloc
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from sentinel.model.check import PUSHED
from sentinel.model.observation import Verdict
from sentinel.run.kinds import FoundKinds
from tests.probe.kind.hostile import Conduct, close, closed_port, drip, flood, says, serving, silent
from tests.probe.looked import SECRET, sampled

KINDS = FoundKinds()
PROBED = [kind for kind in KINDS.names("probe") if kind not in PUSHED]
DOCS = Path(__file__).resolve().parents[3] / "docs" / "reference"


def case(kind: str) -> ModuleType:
    return import_module(f"tests.probe.kind.case_{kind}")


OVER_TCP = [kind for kind in PROBED if case(kind).OVER == "tcp"]
SECRETIVE = [kind for kind in OVER_TCP if hasattr(case(kind), "secretive")]
LIMIT = 0.4


def bad(kind: str) -> Verdict:
    """What it comes to when no answer can be had: of a witness (`WITNESS`), what it was asked about may be well."""
    return Verdict.UNKNOWN if hasattr(KINDS.module("probe", kind), "WITNESS") else Verdict.DOWN


def one_sentence(reason: str) -> bool:
    return bool(reason) and "\n" not in reason and reason.isprintable() and len(reason) < 300 and "Traceback" not in reason


@pytest.mark.parametrize("kind", OVER_TCP)
@pytest.mark.parametrize("conduct", [silent, drip], ids=lambda each: each.__name__)
def test_what_does_not_come_to_a_point_times_out_on_time(kind: str, conduct: Conduct) -> None:
    """F40"""
    with serving(conduct) as port:
        came = sampled(kind, case(kind).options(port), timeout=LIMIT)
    if KINDS.facts(kind).keys() <= {"ip", "total_ms", "dns_ms", "connect_ms"}:
        assert came.verdict is Verdict.UP, "it asks for nothing more than the connection"
        return
    assert came.verdict is bad(kind)
    assert came.reason.startswith("timed out after 0.4 s while ") or conduct is drip
    assert one_sentence(came.reason), came.reason
    assert float(came.facts["total_ms"] or 0) < 1000 * (LIMIT + 2)


@pytest.mark.parametrize("kind", OVER_TCP)
def test_a_flood_is_not_taken_in(kind: str) -> None:
    """F40: what a target sends fills no memory."""
    tracemalloc.start()
    try:
        with serving(flood) as port:
            came = sampled(kind, case(kind).options(port), timeout=1.0)
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()
    if kind != "tcp":
        assert came.verdict is bad(kind)
        assert one_sentence(came.reason), came.reason
    assert all(len(fact) <= 8192 for fact in came.facts.values() if isinstance(fact, str))


@pytest.mark.parametrize("kind", OVER_TCP)
def test_where_nobody_listens_it_says_so(kind: str) -> None:
    came = sampled(kind, case(kind).options(closed_port()), timeout=2.0)
    assert came.verdict is bad(kind)
    assert "connection refused" in came.reason, came.reason


@pytest.mark.parametrize("kind", OVER_TCP)
def test_nonsense_is_down_in_one_sentence_and_breaks_nothing(kind: str) -> None:
    """F40"""
    dice = Random(kind)
    answers = [close, *(says(dice.randbytes(dice.choice([1, 7, 40, 900]))) for _ in range(6)), says(b"\r\n" * 50)]
    for conduct in answers:
        with serving(conduct) as port:
            came = sampled(kind, case(kind).options(port), timeout=LIMIT)
        if kind == "tcp":
            continue
        assert came.verdict is bad(kind), came
        assert one_sentence(came.reason), came.reason
        assert "itself failed" not in came.reason


@pytest.mark.parametrize("kind", SECRETIVE)
def test_no_secret_comes_back_out(kind: str) -> None:
    """T2: whatever a server repeats of what it is told."""
    repeats = [says(b"", SECRET.encode() + b"\r\n", SECRET.encode()), says(SECRET.encode() + b"\r\n"), silent, close]
    for conduct in repeats:
        with serving(conduct) as port:
            came = sampled(kind, case(kind).secretive(port), timeout=LIMIT)
        assert SECRET not in came.reason
        assert all(SECRET not in str(fact) for fact in came.facts.values())


@pytest.mark.parametrize("kind", PROBED)
def test_an_address_where_probes_may_not_go_is_our_own_trouble(kind: str) -> None:
    """T1: the guard holds for every kind."""
    came = sampled(kind, case(kind).options(closed_port()), timeout=2.0, allow=())
    assert came.verdict is Verdict.UNKNOWN
    assert "which probes may not reach" in came.reason


@pytest.mark.parametrize("kind", KINDS.names("probe"))
def test_each_option_and_fact_is_documented(kind: str) -> None:
    page = DOCS / "checks" / f"{kind}.md"
    text = page.read_text(encoding="utf-8")
    schema = KINDS.options("probe", kind).model_json_schema(by_alias=True)
    missing = [name for name in (*schema["properties"], *KINDS.facts(kind)) if f"`{name}`" not in text]
    assert not missing, f"{page} does not name {missing}"
