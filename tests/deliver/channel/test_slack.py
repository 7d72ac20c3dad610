"""Slack, by Slack's own client against a sink that speaks its protocol."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sentinel.deliver.channel import slack
from sentinel.deliver.outcome import Broken, Down, Limited, NotArmed
from sentinel.demo.blocks import wrong_with
from sentinel.demo.mishap import DROP, Refuse, Step, at
from sentinel.demo.slack import Slack
from sentinel.model.delivery import Accepted, Failed, Unknown
from sentinel.model.secret import Secret
from tests.deliver.letters import NOW, SECRET, letter, note


@pytest.fixture
async def sink() -> AsyncIterator[Slack]:
    made = Slack(token="xoxb-right")
    await made.start()
    yield made
    await made.stop()


def connect(sink: Slack, token: str = "xoxb-right", channel: str = "C0SERVICE") -> slack.SlackConnection:
    options = slack.Options.model_validate({"token": Secret(token), "channel": channel, "base_url": sink.url})
    made = slack.connect(options, secret=SECRET, now=lambda: NOW)
    assert isinstance(made, slack.SlackConnection)
    return made


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def test_a_brief_is_posted_and_its_stamp_kept(sink: Slack) -> None:
    outcome = await connect(sink).send(note(), yes)
    (post,) = sink.posts
    assert outcome == Accepted(ref=post.ts)
    for words in ("17-A: Online payments are not working", "Sorry, online payment has been down", "Do not take card numbers",
                  "since Mon 8 June, 10:05 (Europe/Madrid)", "No puede pagar en nuestra web.", "Open in Sentinel"):  # fmt: skip
        assert words in post.shown
    assert post.text.startswith("17-A: Online payments are not working. Sorry,")
    assert "incident:17/1/staff_opened/channel:cs" in str(post.said["metadata"])


async def test_where_the_gate_says_no_nothing_is_posted(sink: Slack) -> None:
    assert await connect(sink).send(note(), no) == NotArmed()
    assert sink.reached[Step.CONNECT] == 0


@pytest.mark.parametrize(("after", "seconds"), [(7, 7.0), (None, 1.0)])
async def test_a_rate_limit_is_honoured_and_then_it_goes_through(sink: Slack, after: int | None, seconds: float) -> None:
    """F28"""
    sink.hook = at(Step.ARRIVED, Refuse(code=429, after=after), times=1)
    assert await connect(sink).send(note(), yes) == Limited(reason="Slack limits our rate", after=seconds)
    assert isinstance(await connect(sink).send(note(), yes), Accepted)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "3"}, 3.0), ({"retry-after": ["4"]}, 4.0), ({"Retry-After": "soon"}, 30.0), ({}, 30.0)],
)
def test_retry_after_is_read_however_it_is_written(headers: dict[str, Any], seconds: float) -> None:
    assert slack._seconds(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("token", "channel", "error"), [("xoxb-wrong", "C0SERVICE", "invalid_auth"), ("xoxb-right", "C0NONE", "channel_not_found")]
)
async def test_a_revoked_token_or_an_unknown_channel_is_refused_for_good(
    sink: Slack, token: str, channel: str, error: str
) -> None:
    outcome = await connect(sink, token, channel).send(note(), yes)
    assert outcome == Broken(reason=f"Slack said {error}")
    assert token not in repr(outcome)


async def test_an_error_of_slacks_own_is_tried_again(sink: Slack) -> None:
    sink.hook = at(Step.ARRIVED, Refuse(code=200, text="internal_error"), times=1)
    assert await connect(sink).send(note(), yes) == Failed(reason="Slack said internal_error")
    sink.hook = at(Step.ARRIVED, Refuse(code=503, text="unavailable"), times=1)
    assert isinstance(await connect(sink).send(note(), yes), Down)


@pytest.mark.parametrize("step", [Step.ARRIVED, Step.TAKEN])
async def test_a_connection_that_breaks_after_the_request_left_is_a_doubt(sink: Slack, step: Step) -> None:
    sink.hook = at(step, DROP, times=1)
    assert isinstance(await connect(sink).send(note(), yes), Unknown)


async def test_a_refused_connection_is_down(sink: Slack) -> None:
    sink.shut()
    assert isinstance(await connect(sink).send(note(), yes), Down)


async def test_customers_are_not_on_slack(sink: Slack) -> None:
    outcome = await connect(sink).send(letter(), yes)
    assert isinstance(outcome, Failed)
    assert outcome.permanent


def test_no_mention_or_link_in_what_people_wrote_comes_alive() -> None:
    evil = "<!channel> <https://evil.example|log in> & <@U1>"
    text = str(slack.blocks(note(headline=evil, say=evil, felt=(evil,), words={"en": f"one\n{evil}"}).brief))
    assert "<!channel>" not in text
    assert "<https://evil" not in text
    assert "&lt;!channel&gt; &lt;https://evil.example|log in&gt; &amp; &lt;@U1&gt;" in text
    assert "<!channel>" not in slack.fallback(note(headline=evil).brief)


def test_a_link_that_is_none_makes_no_button() -> None:
    assert "actions" not in str(slack.blocks(note(link="javascript:alert(1)").brief))


@given(st.text(min_size=1, max_size=400), st.lists(st.text(max_size=20), max_size=60), st.sampled_from([1, 1000]))
def test_every_brief_fits_within_slacks_limits(text: str, many: list[str], times: int) -> None:
    text, said = text * times, {str(n): each * times for n, each in enumerate(many)}
    brief = note(headline=text, say="&" * 4000 + text, desk=tuple(many), words=said).brief
    made = slack.blocks(brief)
    assert not wrong_with(made)
    assert len(made) <= slack.BLOCKS_MOST
    assert all(len(each["text"]["text"]) <= slack.TEXT_MOST for each in made if each["type"] == "section")
    assert len(made[0]["text"]["text"]) <= slack.HEADER_MOST


def test_wrong_options_are_refused_and_the_token_is_not_shown() -> None:
    with pytest.raises(ValidationError):
        slack.Options.model_validate({"token": Secret("xoxb"), "channel": "C0", "base_url": "slack.example"})
    made = slack.Options.model_validate({"token": Secret("xoxb-s3cret"), "channel": "C0", "base_url": "http://127.0.0.1:1/api"})
    assert "s3cret" not in repr(made)
    assert made.base_url == "http://127.0.0.1:1/api/"
    assert slack.Options.model_json_schema()["properties"]["token"]["anyOf"][0]["type"] == "string"
