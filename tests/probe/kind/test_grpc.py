"""The kind `grpc` against real gRPC servers on loopback."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.probe.kind.grpc import Options
from tests.probe import servers
from tests.probe.kind.uvlooped import seen
from tests.probe.looked import SECRET

STATUS = health_pb2.HealthCheckResponse


@contextmanager
def grpc_server(servicer: Any = None, *, credentials: Any = None) -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(2))
    if servicer is not None:
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    at = "127.0.0.1:0"
    port = server.add_secure_port(at, credentials) if credentials else server.add_insecure_port(at)
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait(5)


def healthy(**statuses: int) -> health.HealthServicer:
    made = health.HealthServicer()
    made.set("", STATUS.SERVING)
    for service, status in statuses.items():
        made.set(service, status)
    return made


class Refuses(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # made by grpc's compiler
    """Answers every question with a code, and what it was told."""

    def __init__(self, code: grpc.StatusCode, words: str) -> None:
        self._code = code
        self._words = words

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - grpc finds it by this name
        told = dict(context.invocation_metadata()).get("authorization", "")
        context.abort(self._code, f"{self._words}{told}")


def test_a_server_that_serves_is_up_with_its_facts() -> None:
    with grpc_server(healthy()) as port:
        came = seen("grpc", f"127.0.0.1:{port}")
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    facts = dict(came.facts)
    assert (facts["serving"], facts["grpc_code"], facts["grpc_status"], facts["ip"]) == ("SERVING", 0, "OK", "127.0.0.1")
    assert float(facts["answer_ms"] or 0) > 0


def test_a_service_that_does_not_serve_is_down_unless_that_is_wanted() -> None:
    with grpc_server(healthy(quotes=STATUS.NOT_SERVING)) as port:
        options = {"host": "127.0.0.1", "port": port, "service": "quotes"}
        came = seen("grpc", options)
        assert (came.verdict, came.reason) == (Verdict.DOWN, 'serving is "NOT_SERVING", expected that it is "SERVING"')
        assert seen("grpc", options, up={"fact": {"serving": "NOT_SERVING"}}).verdict is Verdict.UP


def test_what_a_server_answers_instead_is_said() -> None:
    cases = [
        (healthy(), {"service": "claims"}, "the server knows no service “claims”", 5),
        (None, {}, "the server does not tell its health (it has no grpc.health.v1)", 12),
        (Refuses(grpc.StatusCode.PERMISSION_DENIED, "who are you?"), {}, "the server refuses us: who are you?", 7),
        (Refuses(grpc.StatusCode.UNAVAILABLE, "closed for lunch"), {}, "the server answered UNAVAILABLE: closed for lunch", 14),
        (Refuses(grpc.StatusCode.INTERNAL, "oh no"), {}, "the server answered INTERNAL: oh no", 13),
    ]  # fmt: skip
    for servicer, more, reason, code in cases:
        with grpc_server(servicer) as port:
            came = seen("grpc", {"host": "127.0.0.1", "port": port, **more})
        assert (came.verdict, came.reason, came.facts["grpc_code"]) == (Verdict.DOWN, reason, code)


def test_metadata_is_sent_and_not_told() -> None:
    with grpc_server(Refuses(grpc.StatusCode.UNAUTHENTICATED, "not with ")) as port:
        options = {"host": "127.0.0.1", "port": port, "metadata": {"authorization": f"Bearer {SECRET}"}}
        came = seen("grpc", options)
    assert (came.verdict, came.reason) == (Verdict.DOWN, "the server refuses us: not with •••")


@pytest.fixture
def secured(tmp_path: Path) -> tuple[Any, str]:
    """A server's credentials for quotes.northwind.example, and the path of the authority behind it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issued = authority.issue_cert("quotes.northwind.example")
    chain = b"".join(each.bytes() for each in issued.cert_chain_pems)
    return grpc.ssl_server_credentials([(issued.private_key_pem.bytes(), chain)]), str(tmp_path / "ca.pem")


def test_one_that_is_secured_must_be_valid_for_the_name(secured: tuple[Any, str]) -> None:
    credentials, ca = secured
    with grpc_server(healthy(), credentials=credentials) as port:
        options = {"host": "127.0.0.1", "port": port, "tls": True, "name": "quotes.northwind.example"}
        came = seen("grpc", {**options, "ca": ca})
        assert (came.verdict, came.reason) == (Verdict.UP, "")
        came = seen("grpc", {**options, "ca": ca, "name": "claims.northwind.example"})
        assert (came.verdict, came.reason) == (
            Verdict.DOWN, "certificate is for another host, not for claims.northwind.example"
        )  # fmt: skip
        came = seen("grpc", options)
        assert (came.verdict, came.reason) == (
            Verdict.DOWN, "certificate is not signed by an authority that is trusted here"
        )  # fmt: skip
        came = seen("grpc", {**options, "ca": "/nowhere/at/all.pem"})
        assert (came.verdict, came.reason) == (
            Verdict.UNKNOWN, "the certificate bundle /nowhere/at/all.pem cannot be read"
        )  # fmt: skip


def test_what_is_no_grpc_is_said() -> None:
    with servers.serving(servers.answering(servers.page())) as server:
        came = seen("grpc", f"127.0.0.1:{server.port}")
    assert (came.verdict, came.reason) == (Verdict.DOWN, "the server does not answer as gRPC does")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("quotes.northwind.example", "the port is missing"),
        ({"host": "quotes.northwind.example", "port": 443, "metadata": {"Authorization": "x"}}, "made of small letters"),
        ({"host": "quotes.northwind.example", "port": 443, "metadata": {"authorization": "x\r\n"}}, "must be plain text"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_load(options: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Options.model_validate(options)
