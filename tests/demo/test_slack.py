"""The Slack-shaped sink, spoken to by Slack's own client."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.web import SlackResponse

from sentinel.demo.mishap import DROP, Answer, Moment, Refuse, Step, at
from sentinel.demo.slack import Slack

BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Online payments are not working"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": "Say: you cannot pay &amp; that is on us"}},
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Since* 10:05"}, {"type": "mrkdwn", "text": "*Until* 14:30"}]},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "17-A"}]},
    {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Look"}}]},
]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    slack = Slack(token="xoxb-right")
    await slack.start()
    yield slack
    await slack.stop()


def client(slack: Slack, token: str = "xoxb-right") -> WebClient:
    return WebClient(token=token, base_url=slack.url, timeout=5, retry_handlers=[])


async def post(slack: Slack, token: str = "xoxb-right", **said: Any) -> SlackResponse:
    said = {"channel": "C0SERVICE", "text": "hello"} | said
    return await asyncio.to_thread(client(slack, token).chat_postMessage, **said)


async def error_of(slack: Slack, token: str = "xoxb-right", **said: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await post(slack, token, **said)
    assert refused.value.response.status_code == 200
    return str(refused.value.response["error"])


async def test_a_message_is_kept_with_its_blocks_and_answered_as_slack_does(slack: Slack) -> None:
    answer = await post(slack, text="in short", blocks=BLOCKS)
    (kept,) = slack.channel("C0SERVICE")
    assert (answer["ok"], answer["channel"], answer["ts"]) == (True, "C0SERVICE", kept.ts)
    assert answer["message"]["text"] == "in short"
    assert list(kept.blocks) == BLOCKS
    assert kept.arrived_at.tzinfo is not None
    assert kept.shown.splitlines() == [
        "Online payments are not working",
        "Say: you cannot pay & that is on us",
        "*Since* 10:05",
        "*Until* 14:30",
        "---",
        "17-A",
        "[Look]",
    ]


async def test_each_message_has_a_ts_of_its_own_and_a_reply_names_its_thread(slack: Slack) -> None:
    first = await post(slack)
    second = await post(slack, thread_ts=first["ts"])
    assert first["ts"] != second["ts"]
    assert [each.thread_ts for each in slack.posts] == ["", first["ts"]]
    assert slack.posts[0].shown == "hello"


async def test_a_channel_can_be_named(slack: Slack) -> None:
    assert (await post(slack, channel="#service-desk"))["channel"] == "C0SERVICE"


async def test_auth_test_says_who_the_token_is(slack: Slack) -> None:
    answer = await asyncio.to_thread(client(slack).auth_test)
    assert (answer["ok"], answer["user"]) == (True, "sentinel")


async def test_form_bodies_are_read_too(slack: Slack) -> None:
    said = {"token": "xoxb-right", "channel": "C0SERVICE", "text": "Ñ & co", "blocks": json.dumps(BLOCKS)}
    async with httpx.AsyncClient() as http:
        answer = await http.post(slack.url + "chat.postMessage", data=said)
    assert answer.json()["ok"] is True
    assert (slack.posts[0].text, list(slack.posts[0].blocks)) == ("Ñ & co", BLOCKS)


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
async def test_a_wrong_or_missing_token_is_refused(slack: Slack, token: str, error: str) -> None:
    assert await error_of(slack, token) == error
    assert slack.posts == ()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [{"type": "poem"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": BLOCKS[-1]["elements"] * 2}]}, "invalid_blocks"),
        ({"blocks": "[{"}, "invalid_blocks_format"),
    ],
)
async def test_a_message_that_slack_would_refuse_is_refused(slack: Slack, said: dict[str, Any], error: str) -> None:
    assert await error_of(slack, **said) == error
    assert slack.posts == ()


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("application/json", b"", "not_authed"),
        ("text/xml", b"<a/>", "invalid_post_type"),
    ],
)
async def test_a_body_of_another_shape_is_refused(slack: Slack, kind: str, body: bytes, error: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(slack.url + "chat.postMessage", content=body, headers={"Content-Type": kind})
    assert answer.json() == {"ok": False, "error": error}


async def test_a_message_without_words_is_refused(slack: Slack) -> None:
    async with httpx.AsyncClient(headers={"Authorization": "Bearer xoxb-right"}) as http:
        answer = await http.post(slack.url + "chat.postMessage", json={"channel": "C0SERVICE", "text": ""})
    assert answer.json() == {"ok": False, "error": "no_text"}


async def test_a_method_that_is_not_there_is_unknown(slack: Slack) -> None:
    with pytest.raises(SlackApiError, match="unknown_method"):
        await asyncio.to_thread(client(slack).api_call, "chat.shout")


async def test_a_rate_limit_says_how_long_and_the_clients_retry_gets_through(slack: Slack) -> None:
    slack.hook = at(Step.ARRIVED, Refuse(code=429, after=7), times=1)
    with pytest.raises(SlackApiError) as refused:
        await post(slack)
    assert (refused.value.response.status_code, refused.value.response["error"]) == (429, "ratelimited")
    assert refused.value.response.headers["Retry-After"] == "7"
    slack.hook = at(Step.ARRIVED, Refuse(code=429, after=0), times=1)
    patient = client(slack)
    patient.retry_handlers = [RateLimitErrorRetryHandler(max_retry_count=1)]
    await asyncio.to_thread(patient.chat_postMessage, channel="C0SERVICE", text="hello")
    assert len(slack.posts) == 1


@pytest.mark.parametrize(("step", "kept"), [(Step.ARRIVED, 0), (Step.TAKEN, 1)])
async def test_trouble_of_slacks_own_is_a_5xx(slack: Slack, step: Step, kept: int) -> None:
    slack.hook = at(step, Refuse(code=503), times=1)
    with pytest.raises(SlackApiError) as refused:
        await post(slack)
    assert refused.value.response.status_code == 503
    assert len(slack.posts) == kept


async def test_a_refusal_with_200_is_an_error_of_slacks_kind(slack: Slack) -> None:
    slack.hook = at(Step.ARRIVED, Refuse(code=200, text="account_inactive"), times=1)
    assert await error_of(slack) == "account_inactive"


@pytest.mark.parametrize(("step", "kept"), [(Step.CONNECT, 0), (Step.ARRIVED, 0), (Step.TAKEN, 1)])
async def test_a_dropped_connection_gets_no_answer(slack: Slack, step: Step, kept: int) -> None:
    slack.hook = at(step, DROP, times=1)
    with pytest.raises(OSError):  # reset, closed or a broken pipe, as it falls
        await post(slack)
    assert len(slack.posts) == kept
    await post(slack)
    assert len(slack.posts) == kept + 1


async def test_the_hook_sees_every_step_in_order(slack: Slack) -> None:
    seen: list[Moment] = []
    replied = threading.Event()

    async def watching(moment: Moment) -> Answer:
        seen.append(moment)
        if moment.step is Step.REPLIED:
            replied.set()
        return None

    slack.hook = watching
    await post(slack)
    await asyncio.to_thread(replied.wait, 2)
    assert [moment.step for moment in seen] == [Step.CONNECT, Step.ARRIVED, Step.TAKEN, Step.REPLIED]
    assert seen[1].about == {"method": "chat.postMessage", "channel": "C0SERVICE"}
    assert [moment.number for moment in seen] == [0, 0, 1, 1]


async def test_it_refuses_while_shut_and_comes_back_on_the_same_port(slack: Slack) -> None:
    slack.shut()
    with pytest.raises(OSError, match=r"(?i)refused"):
        await post(slack)
    slack.open()
    await post(slack)
    assert len(slack.posts) == 1


async def test_somebody_can_wait_for_a_post(slack: Slack) -> None:
    waiting = asyncio.create_task(slack.until(lambda slack: len(slack.posts) == 1))
    await post(slack)
    await waiting
