"""What `sentinel doctor` asks for: every host that a check or a channel needs, and no more of a secret address than that."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentinel.config.reference import Concealed
from sentinel.model.check import Check
from sentinel.model.guard import gate, networks
from sentinel.model.installation import Channel, Installation
from sentinel.run import reachable
from sentinel.run.reachable import Target
from tests.deliver.channel.providers import options

from .world import House


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder: Path = tmp_path_factory.mktemp("house")
    house = House(folder)
    house.close()
    return replace(house.world.installation, checks={})


@pytest.mark.parametrize("kind", ["http", "sms", "webhook", "pagerduty", "teams", "alertmanager", "slack"])
def test_each_kind_that_speaks_http_is_asked_for_at_the_address_that_it_posts_to(installation: Installation, kind: str) -> None:
    channel = Channel(name="one", kind=kind, options=options(kind, "https://hooks.example:8443"))
    found = reachable.targets(replace(installation, channels={"one": channel}))
    assert found == (Target(what="channel one", host="hooks.example", port=8443, guarded=True),)
    assert "s3cret" not in str(found)


@pytest.mark.parametrize(
    ("kind", "options", "asked"),
    [
        ("http", {"url": "https://a.example/", "auth": {"bearer": "•"}}, [("a.example", 443)]),
        ("websocket", {"url": "wss://a.example/", "login": "•"}, [("a.example", 443)]),
        ("redis", {"host": "a.example", "password": "•"}, [("a.example", 6379)]),
        ("smtp", {"host": "a.example", "port": 587, "tls": "starttls", "user": "u", "password": "•"}, [("a.example", 587)]),
        ("tcp", {"host": "a.example", "port": 22}, [("a.example", 22)]),
        ("tls", {"host": "a.example", "starttls": "imap"}, [("a.example", 143)]),
        ("dns", {"name": "a.example", "resolver": "192.0.2.1"}, []),
        ("ping", {"host": "a.example"}, []),
        ("heartbeat", {"period": "PT1M", "token": "t" * 22}, []),
    ],
)
def test_each_check_is_asked_for_at_its_port_whatever_secret_it_has(
    installation: Installation, kind: str, options: dict[str, Any], asked: list[tuple[str, int]]
) -> None:
    check = Check(id="a.one", service="a", kind=kind, options={name: _concealed(each) for name, each in options.items()})
    found = reachable.targets(replace(installation, channels={}, checks={"a.one": check}))
    assert [(one.host, one.port) for one in found] == asked


def _concealed(value: Any) -> Any:
    """As the files give a secret: text that is no Secret yet."""
    if isinstance(value, dict):
        return {name: _concealed(each) for name, each in value.items()}
    return Concealed("hunter2hunter2hunter2") if value == "•" else value


def test_a_channel_that_the_guard_would_refuse_is_told_of_before_it_is_needed() -> None:
    finding = reachable.connect(Target(what="channel crm", host="127.0.0.1", port=9, guarded=True), gate(networks(())))
    assert "Sentinel may not go there" in str(finding)
