"""Channels as people write them in sentinel.yaml: read whole, with references as secrets, and every mistake at its place."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sentinel.config import folder
from sentinel.config.installation import main_file
from sentinel.config.problem import Problems
from sentinel.deliver import signature
from sentinel.deliver.channel import alertmanager, http, pagerduty, sms, teams, webhook
from sentinel.model.installation import Channel
from sentinel.run.kinds import FoundKinds
from tests.docs.pages import page

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # by apprise itself
ENVIRONMENT = {
    "env:CRM_TOKEN": "crm-planted-secret",
    "env:CRM_KEY": "planted-key-7",
    "env:SMS_TOKEN": "sms-planted-secret",
    "env:WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "env:WEBHOOK_SECRET_BEFORE": "whsec_bmV3ZXJuZXdlcm5ld2VybmV3ZXJuZXdlcm5ld2VyMTI=",
    "env:PAGERDUTY_KEY": "0123456789abcdef0123456789abcdef",
    "env:TEAMS_URL": "https://prod.logic.example/workflows/abc?sig=planted-signature",
    "env:SLACK_HOOK": "https://hooks.slack.example/services/T0/B0/planted",
    "env:NTFY": "ntfys://ntfy.example/planted-topic",
    "env:BRIDGE_PASSWORD": "alert-planted-secret",
}
EXAMPLE = page("docs/how-to/connect-a-channel.md")


def read(text: str) -> tuple[dict[str, Channel], list[str]]:
    problems = Problems()
    tree = folder._tree("sentinel.yaml", text, ENVIRONMENT.get, problems)
    channels = main_file(tree, FoundKinds(), problems)[1]
    return channels, [str(each) for each in problems]


def written() -> str:
    """Every block of the page that holds channels, put together."""
    blocks = [block.partition("```")[0] for block in EXAMPLE.split("```yaml\n")[1:]]
    return "channels:\n" + "".join(block.removeprefix("channels:\n") for block in blocks if block.startswith("channels:\n"))


def test_the_channels_of_the_page_are_read_as_they_stand() -> None:
    channels, _ = read(written())
    kinds = {channel.kind: channel.options for channel in channels.values()}
    assert set(kinds) == {"http", "sms", "webhook", "pagerduty", "teams", "alertmanager", "slack", "email", "apprise"}
    assert isinstance(kinds["http"], http.Options)
    assert kinds["http"].body["to"] == "{address}"
    assert http.dedupes(kinds["http"]) == timedelta(hours=24)
    assert isinstance(kinds["sms"], sms.Options)
    assert isinstance(kinds["webhook"], webhook.Options)
    assert len(kinds["webhook"].secrets) == 2
    assert isinstance(kinds["pagerduty"], pagerduty.Options)
    assert isinstance(kinds["teams"], teams.Options)
    assert isinstance(kinds["alertmanager"], alertmanager.Options)
    assert kinds["email"].bounces


def test_no_secret_is_shown_by_what_was_read() -> None:
    """T17"""
    channels, _ = read(written())
    for secret in ENVIRONMENT.values():
        assert secret not in repr(channels)


def test_a_slot_that_is_none_is_told_at_its_place() -> None:
    text = 'channels:\n  crm:\n    http:\n      url: https://crm.example/\n      body: {to: "{adress}"}\n'
    channels, said = read(text)
    assert channels == {}
    assert any("5:13: {adress} is no slot" in each and "did you mean {address}?" in each for each in said), said


def test_the_receiver_of_the_page_verifies_what_we_send() -> None:
    """T6: the code that we ask others to run, run."""
    code = next(block.partition("```")[0] for block in EXAMPLE.split("```python\n")[1:])
    made: dict[str, Any] = {}
    exec(code, made)
    verify: Callable[[dict[str, str], bytes, str], bool] = made["is_from_sentinel"]
    secret, body = ENVIRONMENT["env:WEBHOOK_SECRET"], b'{"specversion":"1.0"}'
    headers = dict(signature.headers([signature.key(secret)], "msg_1", datetime.fromtimestamp(time.time(), UTC), body))
    assert verify(headers, body, secret)
    assert not verify(headers, body + b" ", secret)
    assert not verify(headers, body, ENVIRONMENT["env:WEBHOOK_SECRET_BEFORE"])
    assert not verify({**headers, "webhook-timestamp": "1"}, body, secret)
