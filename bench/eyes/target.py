"""Target: a page of 1 KB, plain and by TLS, on the last core: nginx where it is to be had, else a server of our own.

Belongs here: what is looked at, by everybody. Does not belong here: who looks (hub.py, peers.py).
"""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import trustme

from sentinel.demo.stage import free_port

BODY: Final = b"x" * 1023 + b"\n"
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1024\r\nConnection: close\r\n\r\n" + BODY
NAME: Final = "localhost"
"""Targets are named, not numbered: whoever looks, looks the name up each time. It stands for an address of either IP, and both
are served: whoever tried one that refuses first would connect twice, and be compared with who connects once."""
_NGINX: Final = """\
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_timeout 0; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{plain} backlog=4096; {six_plain} root {folder}/www; }}
  server {{ listen 127.0.0.1:{tls} ssl backlog=4096; {six_tls} root {folder}/www;
           ssl_session_cache off; ssl_session_tickets off;
           ssl_certificate {folder}/leaf.pem; ssl_certificate_key {folder}/leaf.key; }}
}}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """`by`: what serves it. `ca`: the file of the authority that signed its certificate."""

    by: str
    plain: int
    tls: int
    ca: Path

    def url(self, way: str) -> str:
        return f"http://{NAME}:{self.plain}/" if way == "plain" else f"https://{NAME}:{self.tls}/"


def pin(pid: int, turn: int) -> None:
    """Keep a process and what it starts on one of our cores, where there are several."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(pid, {cores[turn]})


@contextmanager
def serving(folder: Path, nginx: str | None) -> Iterator[Target]:
    """The target, for as long as the context lasts."""
    folder.mkdir(parents=True)
    authority = trustme.CA()
    leaf = authority.issue_cert(NAME, "127.0.0.1", "::1")
    ca = folder / "authority.pem"
    authority.cert_pem.write_to_path(ca)
    leaf.private_key_pem.write_to_path(folder / "leaf.key")
    for pem in leaf.cert_chain_pems:
        pem.write_to_path(folder / "leaf.pem", append=True)
    (folder / "www").mkdir()
    (folder / "www" / "index.html").write_bytes(BODY)
    found = nginx or shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    target = Target(by="nginx" if found else "a server of our own", plain=free_port(), tls=free_port(), ca=ca)
    if found:
        six = {"plain": f"listen [::1]:{target.plain} backlog=4096;", "tls": f"listen [::1]:{target.tls} ssl backlog=4096;"}
        there = {f"six_{way}": words if _has_ipv6() else "" for way, words in six.items()}
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, plain=target.plain, tls=target.tls, **there))
        command = [found, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    else:
        command = [sys.executable, "-m", "bench.eyes.target", str(folder), str(target.plain), str(target.tls)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            pin(server.pid, -1)
            await_port(target.tls, server)
            yield target
        finally:
            server.terminate()


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def await_port(port: int, server: "subprocess.Popen[bytes]", seconds: float = 20.0) -> None:
    """Until somebody listens there. Raises RuntimeError if the server ends before."""
    end = monotonic() + seconds
    probe = [sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 1).close()"]
    while subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode:
        if server.poll() is not None or monotonic() > end:
            raise RuntimeError(f"{server.args!r} does not serve")
        sleep(0.05)


class _Answerer(asyncio.Protocol):
    """One page to whoever asks, then closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(ANSWER)
        self.transport.close()


async def _serve(folder: Path, plain: int, tls: int) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    loop = asyncio.get_running_loop()
    hosts = ["127.0.0.1", *(["::1"] if _has_ipv6() else [])]
    first = await loop.create_server(_Answerer, hosts, plain, backlog=1000)
    await loop.create_server(_Answerer, hosts, tls, ssl=context, backlog=1000)
    await first.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
