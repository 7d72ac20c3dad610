"""docs/reference/protocol.md: its examples are lines of the protocol, and its limits those of the code."""

import json
import re

from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe import greeting, outbox, wire
from sentinel.run.agent import spool
from sentinel.run.agent.agent import QUIET
from sentinel.run.prober import SILENCE
from sentinel.serve.shield import REPORT_LIMIT
from tests.docs.pages import page, section

PAGE = page("docs/reference/protocol.md")


def examples(heading: str) -> list[bytes]:
    return [found.encode() + b"\n" for found in re.findall(r"```json\n(.*)\n```", section(PAGE, heading))]


def test_what_the_hub_says_can_be_read() -> None:
    orders, ack = map(wire.read_from_hub, examples("The hub says"))
    assert isinstance(orders, wire.Orders)
    assert isinstance(ack, wire.Ack)
    (written,) = wire.write_orders(orders.place, orders.allow, orders.checks)
    assert json.loads(written) == json.loads(examples("The hub says")[0])
    assert wire.write_ack(ack) == examples("The hub says")[1]


def test_what_a_prober_says_can_be_read_and_is_written_so() -> None:
    batch, alive = map(wire.read_from_prober, examples("A prober says"))
    assert isinstance(batch, wire.Batch)
    assert isinstance(alive, wire.Alive)
    assert wire.write_batch(batch) == examples("A prober says")[0]
    assert wire.write_alive(alive) == examples("A prober says")[1]


def test_a_greeting_can_be_read_and_is_written_so() -> None:
    (line,) = examples("Over HTTPS")
    hello = greeting.read_hello(line)
    assert isinstance(hello, greeting.Hello)
    assert greeting.write_hello(hello) == line


def test_the_limits_are_those_of_the_code() -> None:
    said = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", PAGE)}
    limits = (wire.VERSION, wire.LINE_LIMIT, wire.ROWS_LIMIT, wire.FACTS_LIMIT, wire.TEXT_LIMIT)
    agents = (REPORT_LIMIT, spool.ROWS_KEPT, int(QUIET))
    assert {*limits, *agents, outbox.UNACKNOWLEDGED, outbox.ROWS_KEPT, int(outbox.ALIVE_EVERY), int(SILENCE)} <= said


def test_every_kind_of_sample_and_verdict_is_named() -> None:
    assert all(f"`{member.value}`" in PAGE for member in (*SampleKind, *Verdict))
