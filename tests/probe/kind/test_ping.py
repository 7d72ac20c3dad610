"""The kind `ping` against the kernel itself: on loopback, and in a network of its own where it does not answer."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.probe.kind.ping import Options
from sentinel.probe.looking import Came
from tests.probe.kind.uvlooped import seen

TREE = Path(__file__).resolve().parents[3]


def pinged(options: object, **more: object) -> Came:
    came = seen("ping", options, **more)
    if "does not let us ping" in came.reason:
        pytest.skip("this machine does not let us ping")
    return came


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_host_that_answers_is_up_with_its_facts(host: str) -> None:
    came = pinged({"host": host, "count": 3, "interval": "PT0.01S"}, up={"fact": {"loss_percent": {"below": 20}}})
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    facts = dict(came.facts)
    assert (facts["sent"], facts["received"], facts["loss_percent"], facts["ip"]) == (3, 3, 0, "127.0.0.1")
    assert 0 < float(facts["min_ms"] or 0) <= float(facts["avg_ms"] or 0) <= float(facts["max_ms"] or 0)
    assert float(facts["jitter_ms"] or 0) >= 0


def test_sizes_that_people_ask_for_are_sent() -> None:
    assert pinged({"host": "127.0.0.1", "count": 1, "size": 1452}).verdict is Verdict.UP
    assert pinged({"host": "127.0.0.1", "count": 1, "size": 0}).verdict is Verdict.UP


def apart(before: str, options: Mapping[str, object], *, timeout: float = 5.0) -> tuple[str, str, dict[str, object]]:
    """(verdict, reason, facts) in a network namespace of its own, after a line of shell there."""
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "-Urn", "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("this machine lets us make no network namespace")
    script = (
        "import json, sys; from tests.probe.kind.uvlooped import seen; given = json.loads(sys.argv[1]);"
        "came = seen('ping', given['options'], timeout=given['timeout'], allow=('0.0.0.0/0',));"
        "print(json.dumps([came.verdict, came.reason, dict(came.facts)]))"
    )
    given = json.dumps({"options": dict(options), "timeout": timeout})
    ran = subprocess.run(
        ["unshare", "-Urn", "sh", "-c", f'{before}; exec "$0" "$@"', sys.executable, "-c", script, given],
        capture_output=True, text=True, timeout=60, check=False, cwd=TREE,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    verdict, reason, facts = json.loads(ran.stdout)
    return verdict, reason, facts


def test_a_host_that_answers_nothing_is_down_before_the_time_is_over() -> None:
    mute = "ip link set lo up; echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all"
    verdict, reason, facts = apart(mute, {"host": "127.0.0.1", "count": 3, "interval": "PT0.01S"}, timeout=0.5)
    assert (verdict, reason) == ("down", "no answer to 3 pings")
    assert (facts["sent"], facts["received"], facts["loss_percent"]) == (3, 0, 100)


def test_where_we_have_no_network_nothing_is_known() -> None:
    verdict, reason, _ = apart("true", {"host": "192.0.2.7", "count": 1})
    assert (verdict, reason) == ("unknown", "our own system does not send the ping (Network is unreachable)")


def test_where_we_know_no_way_nothing_is_known() -> None:
    route = "ip link set lo up; ip route add unreachable 192.0.2.0/24"
    verdict, reason, _ = apart(route, {"host": "192.0.2.7", "count": 1})
    assert (verdict, reason) == ("unknown", "no route to the network of 192.0.2.7")


def test_a_system_that_gives_no_socket_is_our_own_trouble() -> None:
    drop = 'exec setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$0" "$@"'
    if shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv here")
    verdict, reason, _ = apart(f"ip link set lo up; {drop}", {"host": "127.0.0.1", "count": 1})
    assert verdict == "unknown"
    assert reason.startswith("this machine does not let us ping: allow it with the sysctl net.ipv4.ping_group_range")


@pytest.mark.parametrize(
    "options", [{"host": "a b"}, {"host": "payments", "count": 21}, {"host": "payments", "size": 9000}, {"host": ""}]
)
def test_what_cannot_be_asked_is_refused_at_load(options: object) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)
