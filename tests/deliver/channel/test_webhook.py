"""Signed webhooks: a CloudEvent that a receiver can verify, and whose repeats it can tell."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from jsonschema import validate
from pydantic import ValidationError

from sentinel.deliver.channel import webhook
from sentinel.demo import dialects
from sentinel.demo.dialects import SIGNING
from sentinel.demo.mishap import DROP, Step, at
from sentinel.demo.provider import Provider
from sentinel.model.delivery import Accepted, Unknown
from sentinel.model.message import Message
from sentinel.model.notice import Occasion
from sentinel.model.secret import Secret
from sentinel.model.service import Impact
from tests.deliver.channel.providers import connect, options, yes
from tests.deliver.letters import NOW, letter, note

NEWER = "whsec_" + b64encode(b"n" * 32).decode()
CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1},
        "datacontenttype": {"type": "string", "minLength": 1},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    },
    "patternProperties": {"^[a-z0-9]{1,20}$": {}},
    "additionalProperties": False,
}
"""What the specification asks of the attributes (cloudevents.json of CloudEvents 1.0)."""


@pytest.mark.parametrize("message", [letter(), note(impact=Impact.MAJOR_OUTAGE)], ids=["customer", "staff"])
async def test_a_receiver_gets_a_cloud_event_that_it_can_verify(sink: Provider, message: Message) -> None:
    connection = connect("webhook", sink.url)
    outcome = await connection.send(message, yes)
    (effect,) = sink.effects
    validate(effect.said, CLOUD_EVENT)
    assert outcome == Accepted(ref=effect.said["id"])
    assert effect.said["id"] == effect.headers["webhook-id"]
    assert effect.said["subject"] == "incident:17/1"
    assert "policy-7" not in effect.said["id"]
    await connection.close()


def test_an_event_says_what_the_brief_says() -> None:
    said = webhook.event(note(impact=Impact.MAJOR_OUTAGE, acknowledged_by="Omar"), "msg_1", "sentinel", NOW)
    assert said["type"] == "sentinel.incident.opened.v1"
    assert said["data"]["until"] == "2026-06-08T12:30:00Z"
    assert said["data"]["impact"] == "major_outage"
    assert said["data"]["acknowledged_by"] == "Omar"
    assert webhook.event(note(occasion=Occasion.OPENED), "msg_1", "s", NOW)["type"] == "sentinel.words.approved.v1"
    assert webhook.event(letter(), "msg_1", "s", NOW)["data"]["text"].startswith("Apreciada Sra. Núñez")


async def test_the_id_is_the_same_on_every_attempt_and_the_stamp_is_not(sink: Provider) -> None:
    """F5: the receiver dedupes on the id, so a doubt that is tried again has one effect."""
    sink.terms.dedupes = True
    sink.hook = at(Step.TAKEN, DROP, times=1)
    at_first, later = NOW, NOW + timedelta(seconds=40)
    times = iter([at_first, later])
    connection = connect("webhook", sink.url, now=lambda: next(times), dedupes=timedelta(hours=24))
    assert isinstance(await connection.send(letter(), yes), Unknown)
    assert isinstance(await connection.send(letter(), yes), Accepted)
    assert len(sink.effects) == 1
    assert webhook.dedupes(options("webhook", sink.url, dedupes=timedelta(hours=24))) == timedelta(hours=24)
    assert webhook.dedupes(options("webhook", sink.url)) is None
    await connection.close()


@pytest.mark.parametrize("known", [SIGNING, NEWER])
async def test_while_a_secret_is_changed_either_is_good(sink: Provider, known: str) -> None:
    sink.terms.signing = known
    connection = connect("webhook", sink.url, secrets=(Secret(NEWER), Secret(SIGNING)))
    assert isinstance(await connection.send(note(), yes), Accepted)
    assert sink.effects[0].headers["webhook-signature"].count("v1,") == 2
    await connection.close()


async def test_what_is_altered_on_its_way_or_old_does_not_verify(sink: Provider) -> None:
    """T6: the example that the docs give to receivers."""
    connection = connect("webhook", sink.url)
    await connection.send(note(), yes)
    (effect,) = sink.effects

    def holds(
        now: datetime = NOW, body: bytes = effect.body, secret: str = SIGNING, headers: Mapping[str, str] = effect.headers
    ) -> bool:
        return dialects.verified({**effect.headers, **headers}, body, secret, now)

    assert holds()
    assert not holds(body=effect.body + b" ")
    assert not holds(secret=NEWER)
    assert not holds(now=NOW + timedelta(minutes=6))
    assert not holds(now=NOW - timedelta(minutes=6))
    assert not holds(headers={"webhook-id": "msg_other"})
    assert not holds(headers={"webhook-timestamp": "yesterday"})
    assert not holds(headers={"webhook-signature": ""})
    await connection.close()


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks."""
    from sentinel.deliver import signature

    key = signature.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at_then = datetime.fromtimestamp(1614265330, tz=NOW.tzinfo)
    made = signature.headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at_then, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["short", "whsec_", "whsec_" + b64encode(b"few").decode(), "whsec_not base64!"])
def test_a_weak_or_broken_secret_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        options("webhook", "https://crm.example", secrets=(Secret(secret),))
    assert "16 random bytes" in str(refused.value)


def test_the_body_is_plain_json_whatever_stands_in_it() -> None:
    said = webhook.event(note(headline="</script>\u2028\ud800"), "msg_1", "sentinel", NOW)
    assert json.loads(json.dumps(said).encode())["data"]["headline"] == "</script>\u2028\ud800"
