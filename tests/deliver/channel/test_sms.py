"""Text messages, by a provider that speaks Twilio's API."""

from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from sentinel.deliver.channel import sms
from sentinel.deliver.outcome import Broken, Down, Gone, Limited, Outcome
from sentinel.demo.provider import Provider
from sentinel.demo.wire import Reply, Request, Wire
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.message import Letter
from sentinel.model.secret import Secret
from tests.deliver.channel.providers import connect, options, yes
from tests.deliver.letters import letter, note


def text(**changes: object) -> Letter:
    made: dict[str, object] = {"address": "+34600123456", "short": "No puede pagar, {name}. Ref 17-A", **changes}
    return letter(**made)  # type: ignore[arg-type]  # tests name fields


async def test_the_short_form_goes_out_and_its_number_is_kept(sink: Provider) -> None:
    connection = connect("sms", sink.url)
    outcome = await connection.send(text(), yes)
    (effect,) = sink.effects
    assert parse_qs(effect.body.decode()) == {
        "To": ["+34600123456"],
        "From": ["+34600000001"],
        "Body": ["No puede pagar, Sra. Núñez. Ref 17-A"],
    }
    assert isinstance(outcome, Accepted)
    assert outcome.ref.startswith("SM")
    await connection.close()


async def test_a_messaging_service_stands_in_for_a_number(sink: Provider) -> None:
    service = "MG" + "0" * 32
    connection = connect("sms", sink.url, from_=service)
    assert isinstance(await connection.send(text(), yes), Accepted)
    assert sink.effects[0].said["MessagingServiceSid"] == service
    await connection.close()


async def test_who_answered_stop_is_gone_and_their_number_is_not_repeated(sink: Provider) -> None:
    sink.terms.stopped.add("+34600123456")
    connection = connect("sms", sink.url)
    outcome = await connection.send(text(), yes)
    assert outcome == Gone(reason="they answered STOP to our number (21610)")
    await connection.close()


@pytest.mark.parametrize("number", ["600123456", "+0600123456", "+34 600 123 456", "+34600123456\r\nX: y", "＋34600123456"])
async def test_what_is_no_number_never_leaves(sink: Provider, number: str) -> None:
    connection = connect("sms", sink.url)
    assert isinstance(await connection.send(text(address=number), yes), Gone)
    assert sink.effects == ()
    await connection.close()


@pytest.mark.parametrize(("short", "is_sent"), [("a" * 459, True), ("a" * 460, False), ("í" * 201, True), ("í" * 202, False)])
async def test_a_text_of_more_segments_than_allowed_is_refused(sink: Provider, short: str, is_sent: bool) -> None:
    connection = connect("sms", sink.url)
    outcome = await connection.send(text(short=short), yes)
    assert isinstance(outcome, Accepted) is is_sent
    assert is_sent or (isinstance(outcome, Failed) and "segments" in outcome.reason)
    await connection.close()


async def coded(status: int, body: str, headers: dict[str, str] | None = None) -> Outcome:
    async def say(_request: Request) -> Reply:
        return Reply(status=status, body=body.encode(), kind="application/json", headers=headers or {})

    wire = Wire(say)
    wire.open()
    connection = connect("sms", wire.url)
    outcome = await connection.send(text(), yes)
    await connection.close()
    await wire.close()
    return outcome


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 21211, Gone),
        (400, 21614, Gone),
        (400, 21606, Broken),
        (401, 20003, Broken),
        (404, 20404, Broken),
        (429, 20429, Limited),
        (400, 21611, Down),
        (400, 21617, Failed),
        (503, 20503, Down),
    ],
)
async def test_each_code_leads_where_it_should(status: int, code: int, kind: type) -> None:
    """F28, F31: about the recipient, about us, or about now."""
    said = f'{{"code": {code}, "message": "about +34600123456", "status": {status}}}'
    outcome = await coded(status, said, {"Retry-After": "3"})
    assert type(outcome) is kind
    assert isinstance(outcome, Failed)
    assert "600123456" not in outcome.reason
    assert outcome.after == (3.0 if kind in (Limited, Down) else None)
    assert outcome.permanent is (kind in (Gone, Failed))


async def test_a_wrong_token_is_broken(sink: Provider) -> None:
    connection = connect("sms", sink.url, token=Secret("revoked-token"))
    outcome = await connection.send(text(), yes)
    assert isinstance(outcome, Broken)
    assert "revoked-token" not in outcome.reason
    await connection.close()


async def test_staff_do_not_read_it(sink: Provider) -> None:
    assert isinstance(await connect("sms", sink.url).send(note(), yes), Failed)


@pytest.mark.parametrize("sender", ["", "Northwind Insurance", "+34 600", "bad\nname"])
def test_a_sender_that_is_none_is_refused(sender: str) -> None:
    with pytest.raises(ValidationError):
        options("sms", "https://api.twilio.example", **{"from": sender})


def test_it_dedupes_on_nothing() -> None:
    assert not hasattr(sms, "dedupes")
