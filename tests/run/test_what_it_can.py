"""What the doctor says of the machine itself: its resolver, its clock, its libraries."""

import socket
import struct
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sentinel.run import machine
from sentinel.run.doctor import State
from tests.exchange.targets import resolver
from tests.probe.servers import free_port


@contextmanager
def time_server(ahead: float) -> Iterator[int]:
    """Answers one SNTP question with a clock that is `ahead` seconds before ours."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)

        def answer() -> None:
            _, who = sock.recvfrom(512)
            at = time.time() + ahead + 2_208_988_800
            sock.sendto(b"\x24\x01" + 38 * b"\0" + struct.pack("!II", int(at), int(at % 1 * 2**32)), who)

        thread = threading.Thread(target=answer)
        thread.start()
        yield sock.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(("ahead", "state"), [(0.0, State.OK), (10.0, State.WARNING), (-3600.0, State.WRONG)])
def test_a_clock_that_is_off_is_found(ahead: float, state: State) -> None:
    with time_server(ahead) as port:
        found = machine.clock_against("127.0.0.1", port)
    assert found.state is state, found


def test_a_time_server_that_is_silent_is_no_fault_of_the_clock() -> None:
    found = machine.clock_against("127.0.0.1", free_port())
    assert (found.state, found.said) == (State.WARNING, "127.0.0.1 does not say what time it is")


def test_the_kernel_is_asked_who_keeps_the_clock_and_nothing_is_set() -> None:
    before = time.time()
    assert machine.kept().what == "clock kept"
    assert abs(time.time() - before) < 60


def test_a_resolver_that_answers_is_told_from_one_that_does_not() -> None:
    with resolver("recursive", "udp") as port:
        assert machine.resolvers((("127.0.0.1", port),)).state is State.OK
        half = machine.resolvers((("127.0.0.1", port), ("127.0.0.1", free_port())))
        assert half.state is State.WARNING
    assert machine.resolvers((("127.0.0.1", free_port()),)).state is State.WRONG


def test_every_extra_of_the_project_is_looked_for() -> None:
    assert all(extra and module for extra, module in machine.EXTRAS.values())
    assert machine.libcurl().state is not State.WRONG


def test_each_extra_that_doctor_says_to_install_is_one_that_can_be() -> None:
    project = tomllib.loads((Path(machine.__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert {extra for extra, _ in machine.EXTRAS.values()} | machine.DATABASES.keys() <= project["optional-dependencies"].keys()
