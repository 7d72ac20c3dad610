"""A mail API or CRM by HTTP: what people write is filled as JSON, and a key makes a repeat harmless."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sentinel.deliver import jsonbody
from sentinel.deliver.channel import http
from sentinel.demo.mishap import DROP, Refuse, Step, at
from sentinel.demo.provider import Provider
from sentinel.model.delivery import Accepted, Failed, Unknown
from sentinel.model.message import told_apart
from tests.deliver.channel.providers import BODY, connect, options, yes
from tests.deliver.letters import letter, note

KEY: dict[str, Any] = {"idempotency": {"header": "Idempotency-Key", "window": timedelta(hours=24)}}


async def test_the_body_is_what_people_wrote_filled_for_one_customer(sink: Provider) -> None:
    connection = connect("http", sink.url)
    outcome = await connection.send(letter(name='Ana "A" <b>'), yes)
    (effect,) = sink.effects
    assert outcome == Accepted(ref=json.loads(f'"{effect.said and outcome.ref}"')) if isinstance(outcome, Accepted) else False
    assert effect.said["to"] == "nunez@example.com"
    assert effect.said["text"].startswith('Apreciada Ana "A" <b>:\n\nlo sentimos')
    assert "<p>Apreciada Ana &quot;A&quot; &lt;b&gt;:</p>" in effect.said["html"]
    assert effect.said["meta"] == {
        "key": told_apart(letter().key),
        "who": "policy-7",
        "n": 7,
        "tags": ["outage", "es"],
    }
    assert "idempotency-key" not in effect.headers
    await connection.close()


def test_html_is_a_whole_page_as_it_is_in_a_mail() -> None:
    one = letter(html="<p>Apreciada {name}:</p>")
    html = json.loads(jsonbody.fill(jsonbody.prepare(jsonbody.cut({"html": "{html}"}), one.wording), one))["html"]
    assert html.startswith('<!doctype html>\n<html lang="es">')
    assert "<p>Apreciada Sra. Núñez:</p>\n</body></html>" in html


@pytest.mark.parametrize("step", [Step.ARRIVED, Step.TAKEN])
async def test_with_a_key_a_doubt_that_is_tried_again_has_one_effect(sink: Provider, step: Step) -> None:
    """F4, F5: the key is the same on every attempt, from any connection."""
    sink.terms.dedupes = True
    sink.hook = at(step, DROP, times=1)
    first, second = connect("http", sink.url, **KEY), connect("http", sink.url, **KEY)
    assert isinstance(await first.send(letter(), yes), Unknown)
    assert isinstance(await second.send(letter(), yes), Accepted)
    assert len(sink.effects) == 1
    assert sink.effects[0].key == told_apart(letter().key)
    await first.close()
    await second.close()


async def test_a_key_that_is_still_worked_on_is_tried_again_later(sink: Provider) -> None:
    sink.hook = at(Step.ARRIVED, Refuse(code=409, text="in progress"), times=1)
    connection = connect("http", sink.url, **KEY)
    assert await connection.send(letter(), yes) == Failed(reason="it is still at work on this message (in progress)")
    await connection.close()


async def test_a_gateways_answer_is_a_doubt_even_where_the_provider_knows_our_key(sink: Provider) -> None:
    """Only the ledger knows for how long the key is known: as "nothing was taken" it would be sent again after that."""
    sink.hook = at(Step.TAKEN, Refuse(code=504), times=1)
    connection = connect("http", sink.url, **KEY)
    assert isinstance(await connection.send(letter(), yes), Unknown)
    await connection.close()


def test_only_a_provider_with_a_key_dedupes() -> None:
    assert http.dedupes(options("http", "https://crm.example")) is None
    assert http.dedupes(options("http", "https://crm.example", **KEY)) == timedelta(hours=24)


async def test_staff_do_not_read_it(sink: Provider) -> None:
    outcome = await connect("http", sink.url).send(note(), yes)
    assert isinstance(outcome, Failed)
    assert outcome.permanent


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"to": "{adress}"}, "did you mean {address}?"),
        ({"to": "{address.__class__}"}, "is no slot"),
        ({"to": "{0}"}, "is no slot"),
        ({"{name}": "x"}, "without slots"),
        ({"to": ["{name!r}"]}, "is no slot"),
        ({"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}, "deeper than 8"),
        ({"to": "x" * 40_000}, "larger than"),
    ],
)
def test_a_body_that_could_not_be_filled_is_refused_at_load(body: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        options("http", "https://crm.example", body=body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"X-A": "one\r\nBcc: two"}},
        {"headers": {"X A": "one"}},
        {"headers": {"Host": "other.example"}},
        {"url": "ftp://crm.example/"},
        {"url": "https://user:secret@crm.example/"},
        {"idempotency": {"header": "X\r\nY"}},
        {"id_at": "a[0]"},
        {"success": (404,)},
        {"method": "GET"},
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        options("http", "https://crm.example", **wrong)


@given(name=st.text(), address=st.text(), subject=st.text(), text=st.text())
def test_nothing_that_is_filled_in_leaves_its_place(name: str, address: str, subject: str, text: str) -> None:
    """T3, T15: the JSON has the fields that were written, each value the text as it is."""
    one = letter(name=name, address=address, subject=subject, text=text)
    filled = json.loads(jsonbody.fill(jsonbody.prepare(jsonbody.cut(BODY), one.wording), one))
    assert filled["name"] == name
    assert filled["to"] == address
    assert filled["subject"] == subject.replace("{name}", name)
    assert filled["text"] == text.replace("{name}", name)
    assert set(filled) == set(BODY)
