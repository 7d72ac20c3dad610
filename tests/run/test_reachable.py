"""What `sentinel doctor` asks for: every host that a check or a channel needs, and no more of a secret address than that."""

from dataclasses import replace
from pathlib import Path

import pytest

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


def test_a_channel_that_the_guard_would_refuse_is_told_of_before_it_is_needed() -> None:
    finding = reachable.connect(Target(what="channel crm", host="127.0.0.1", port=9, guarded=True), gate(networks(())))
    assert "Sentinel may not go there" in str(finding)
