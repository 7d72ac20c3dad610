"""What holds for every channel by HTTP, whatever its provider: armed last, nothing twice, every refusal read, nothing shown."""

import asyncio
import ssl
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from sentinel.deliver.outcome import Broken, Down, Limited, NotArmed
from sentinel.demo.mishap import DROP, Answer, Moment, Refuse, Step, at
from sentinel.demo.provider import Provider
from sentinel.demo.wire import Reply, Request, Wire
from sentinel.model.delivery import Accepted, Failed, Unknown
from tests.deliver.channel.providers import BY_HTTP, DIALECT, Gate, connect, message, options, yes
from tests.deliver.letters import NOW

pytestmark = pytest.mark.parametrize("kind", BY_HTTP)


async def test_a_message_is_taken_once_and_armed_when_connected_and_before_the_request_is_in(sink: Provider, kind: str) -> None:
    """F4: the row is on disk as armed before the body can leave."""
    gate, connection = Gate(sink), connect(kind, sink.url)
    assert isinstance(await connection.send(message(kind), gate), Accepted)
    assert [effect.dialect for effect in sink.effects] == [DIALECT.get(kind, kind)]
    assert len(gate.asked) == 1
    assert gate.asked[0][1] == 0
    await connection.close()


async def test_a_connection_is_kept_for_many_messages(sink: Provider, kind: str) -> None:
    connection = connect(kind, sink.url)
    for _ in range(5):
        assert isinstance(await connection.send(message(kind), yes), Accepted)
    assert sink.reached[Step.CONNECT] == 1
    await connection.close()


async def test_where_the_gate_says_no_nothing_arrives_and_the_next_one_goes_out(sink: Provider, kind: str) -> None:
    connection = connect(kind, sink.url)
    assert await connection.send(message(kind), Gate(sink, says=False)) == NotArmed()
    assert sink.reached[Step.ARRIVED] == 0
    assert isinstance(await connection.send(message(kind), yes), Accepted)
    assert len(sink.effects) == 1
    await connection.close()


@pytest.mark.parametrize("step", [Step.ARRIVED, Step.TAKEN])
async def test_a_connection_that_breaks_after_the_body_left_is_a_doubt(sink: Provider, kind: str, step: Step) -> None:
    """F5: nobody knows whether it was taken, and the channel does not send it again by itself."""
    sink.hook = at(step, DROP, times=1)
    connection = connect(kind, sink.url)
    assert isinstance(await connection.send(message(kind), yes), Unknown)
    assert sink.reached[Step.ARRIVED] == 1
    await connection.close()


@pytest.mark.parametrize("step", [Step.ARRIVED, Step.TAKEN])
async def test_a_kept_connection_that_breaks_is_not_silently_used_for_a_second_request(
    sink: Provider, kind: str, step: Step
) -> None:
    """F5: libcurl would repeat a request by itself where a connection that it kept breaks before a reply."""
    connection = connect(kind, sink.url)
    assert isinstance(await connection.send(message(kind), yes), Accepted)
    sink.hook = at(step, DROP, times=1)
    assert isinstance(await connection.send(message(kind), yes), Unknown)
    assert sink.reached[Step.ARRIVED] == 2
    assert isinstance(await connection.send(message(kind), yes), Accepted)
    await connection.close()


async def test_a_kept_connection_that_was_hung_up_on_is_opened_again(sink: Provider, kind: str) -> None:
    sink.hook = at(Step.REPLIED, DROP, times=1)
    connection = connect(kind, sink.url)
    assert isinstance(await connection.send(message(kind), yes), Accepted)
    assert isinstance(await connection.send(message(kind), yes), Accepted)
    assert sink.reached[Step.CONNECT] == 2
    await connection.close()


async def test_no_reply_in_time_is_a_doubt_and_not_a_failure(sink: Provider, kind: str) -> None:
    """F29: a timeout after the body left."""
    hold = asyncio.Event()

    async def wait(moment: Moment) -> Answer:
        if moment.step is Step.TAKEN:
            await hold.wait()
        return None

    sink.hook = wait
    connection = connect(kind, sink.url, timeout=timedelta(milliseconds=300))
    outcome = await connection.send(message(kind), yes)
    hold.set()
    assert outcome == Unknown(reason="no reply in time")
    await connection.close()


async def test_a_refused_connection_is_down_and_nothing_was_armed(sink: Provider, kind: str) -> None:
    sink.shut()
    gate, connection = Gate(sink), connect(kind, sink.url)
    assert await connection.send(message(kind), gate) == Down(reason="it takes no connection")
    assert gate.asked == []
    await connection.close()


async def test_a_name_that_does_not_resolve_is_down(sink: Provider, kind: str) -> None:
    connection = connect(kind, f"http://nowhere.invalid:{sink.port}")
    assert await connection.send(message(kind), yes) == Down(reason="its name cannot be resolved")
    await connection.close()


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("7", 7.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        ("315360000", 366 * 24 * 3600.0),
        ("-5", 0.0),
        ("soon", None),
        (None, None),
    ],
    ids=["seconds", "date", "ten years", "negative", "garbage", "absent"],
)
async def test_a_rate_limit_says_for_how_long(kind: str, after: str | None, seconds: float | None) -> None:
    """F28: Retry-After as seconds, as a date, absurd, and missing."""

    async def busy(_request: Request) -> Reply:
        return Reply(status=429, headers={} if after is None else {"Retry-After": after})

    wire = Wire(busy)
    wire.open()
    connection = connect(kind, wire.url)
    assert await connection.send(message(kind), yes) == Limited(reason="it limits our rate", after=seconds)
    await connection.close()
    await wire.close()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_destination_that_says_no_for_good_is_broken_and_not_this_message(
    sink: Provider, kind: str, status: int
) -> None:
    """F31: a revoked token or a hook that is gone."""
    sink.hook = at(Step.ARRIVED, Refuse(code=status, text="no such hook"), times=1)
    connection = connect(kind, sink.url)
    outcome = await connection.send(message(kind), yes)
    assert isinstance(outcome, Broken)
    assert str(status) in outcome.reason
    assert "(no such hook)" in outcome.reason
    await connection.close()


async def test_a_redirect_is_not_followed(sink: Provider, kind: str) -> None:
    """T1: where a destination sends us, the guard's word for the file does not hold."""

    async def elsewhere(_request: Request) -> Reply:
        return Reply(status=307, headers={"Location": f"{sink.url}/v1/messages"})

    wire = Wire(elsewhere)
    wire.open()
    connection = connect(kind, wire.url)
    outcome = await connection.send(message(kind), yes)
    assert isinstance(outcome, Broken)
    assert sink.reached[Step.CONNECT] == 0
    await connection.close()
    await wire.close()


async def test_a_provider_in_maintenance_is_down_and_its_wait_is_kept(sink: Provider, kind: str) -> None:
    """F29: nobody's message was at fault, and it is tried again."""
    sink.hook = at(Step.ARRIVED, Refuse(code=503, text="maintenance", after=12), times=1)
    connection = connect(kind, sink.url)
    outcome = await connection.send(message(kind), yes)
    assert outcome == Down(reason="it answered 503 (maintenance)", after=12.0)
    assert isinstance(await connection.send(message(kind), yes), Accepted)
    await connection.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_error_of_the_server_leaves_a_doubt_only_where_a_repeat_does_harm(
    sink: Provider, kind: str, status: int
) -> None:
    """F29: it had the whole message, and did not say what became of it."""
    sink.hook = at(Step.TAKEN, Refuse(code=status), times=1)
    connection = connect(kind, sink.url)
    outcome = await connection.send(message(kind), yes)
    assert type(outcome) is (Unknown if kind in ("http", "sms") else Down)
    await connection.close()


async def test_a_message_that_is_refused_is_not_tried_again(sink: Provider, kind: str) -> None:
    sink.hook = at(Step.ARRIVED, Refuse(code=422, text="too odd"), times=1)
    connection = connect(kind, sink.url)
    assert await connection.send(message(kind), yes) == Failed(reason="it answered 422 (too odd)", permanent=True)
    await connection.close()


@pytest.mark.parametrize("endless", ["body", "header"])
async def test_a_reply_without_end_costs_neither_memory_nor_the_message(kind: str, endless: str) -> None:
    """T16: a provider's reply is bounded too."""
    big = "x" * 900_000
    reply = Reply(status=400, body=big.encode()) if endless == "body" else Reply(status=400, headers={"X-Long": big[:90_000]})

    async def much(_request: Request) -> Reply:
        return reply

    wire = Wire(much)
    wire.open()
    connection = connect(kind, wire.url)
    outcome = await connection.send(message(kind), yes)
    assert isinstance(outcome, Failed | Unknown)
    assert len(outcome.reason) < 400
    await connection.close()
    await wire.close()


async def test_what_a_provider_says_is_one_line_and_without_what_is_secret(sink: Provider, kind: str) -> None:
    """T15, T17: its words stand in the ledger and in logs."""
    token = "demo-token"
    sink.hook = at(Step.ARRIVED, Refuse(code=422, text=f"bad {token}\r\nX: y\x1b[31m Bearer {token} " + "z" * 5000), times=1)
    connection = connect(kind, sink.url)
    outcome = await connection.send(message(kind), yes)
    assert isinstance(outcome, Failed)
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 400
    if kind == "sms":
        assert token not in outcome.reason
    await connection.close()


async def test_an_untrusted_certificate_is_down_with_its_reason_and_nothing_leaves(kind: str, tmp_path: Path) -> None:
    """F33: no fall-back, and the same server is taken where its authority is named."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    seen: list[Request] = []

    async def take(request: Request) -> Reply:
        seen.append(request)
        return Reply(status=408)

    wire = Wire(take, tls=context)
    wire.open()
    connection = connect(kind, wire.url)
    outcome = await connection.send(message(kind), yes)
    assert isinstance(outcome, Down)
    assert outcome.reason.startswith("its certificate is not to be trusted")
    assert seen == []
    await connection.close()
    if kind != "slack":  # whose certificates are never one's own
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        trusting = connect(kind, wire.url, ca_file=str(tmp_path / "ca.pem"))
        assert isinstance(await trusting.send(message(kind), yes), Down)
        assert len(seen) == 1
        await trusting.close()
    await wire.close()


async def test_who_is_cancelled_leaves_nothing_behind(sink: Provider, kind: str) -> None:
    """F12: a stop in the middle of a request; the connection can be closed, and no callback comes late."""
    asked = asyncio.Event()

    async def never() -> bool:
        asked.set()
        await asyncio.Event().wait()
        return True

    connection = connect(kind, sink.url)
    task = asyncio.create_task(connection.send(message(kind), never))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await connection.close()
    assert sink.reached[Step.ARRIVED] == 0


def test_no_secret_stands_in_what_options_show_of_themselves(kind: str) -> None:
    shown = repr(options(kind, "https://provider.example"))
    for secret in ("demo-token", "s3cret", "0123456789abcdef0123456789abcdef", "MDEyMzQ1"):
        assert secret not in shown
