"""`python -m bench.statuspage`: what the public status page costs as the hub serves it, in CPU seconds per 1,000 requests.

Its faces stand over a hub in memory, in a process of their own; the pages, the routes, the shield and the server are the real
ones. Beside it nginx with a file of the same size, where it is installed. Clients keep 8 connections; their CPU is not counted.
"""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS, REQUESTS, CONNECTIONS = 5, 4_000, 8
TICKS = os.sysconf("SC_CLK_TCK")
NGINX = """worker_processes 1; daemon off; pid {place}/pid; error_log {place}/error;
events {{}} http {{ access_log off; client_body_temp_path {place}; proxy_temp_path {place}; fastcgi_temp_path {place};
uwsgi_temp_path {place}; scgi_temp_path {place}; server {{ listen 127.0.0.1:{port}; root {place}; default_type text/html; }} }}
"""


def serve(port: int) -> None:
    """The application as `sentinel serve` runs it."""
    import uvicorn
    from tests.serve import world
    from tests.serve.hub import MemoryHub

    from sentinel.model.secret import Secret
    from sentinel.serve.app import make_app

    hub = MemoryHub()
    hub.house = world.installation("", url=f"http://127.0.0.1:{port}")
    app = make_app(hub, Secret("operator-token"), lambda: datetime.now(UTC), scrypt_cost=16)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, proxy_headers=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_of(pid: int) -> float:
    """User and system seconds of a process and its children that live."""
    mine = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(mine[11]) + int(mine[12])) / TICKS + sum(cpu_of(int(child)) for child in below)


async def ask(port: int, path: str, requests: int) -> int:
    """Over one kept connection; the bytes of one body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    size = 0
    for _ in range(requests):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        assert " 200 " in head.partition("\r\n")[0], head
        size = int(head.partition("content-length:")[2].split()[0])
        assert len(await reader.readexactly(size)) == size
    writer.close()
    return size


async def load(port: int, path: str) -> tuple[float, int]:
    begun = perf_counter()
    sizes = await asyncio.gather(*(ask(port, path, REQUESTS // CONNECTIONS) for _ in range(CONNECTIONS)))
    return perf_counter() - begun, sizes[0]


async def listens(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


@contextlib.contextmanager
def nginx(port: int, place: Path) -> Iterator[int | None]:
    """Its process id; None where it is not installed."""
    if shutil.which("nginx") is None:
        yield None
        return
    (place / "conf").write_text(NGINX.format(place=place, port=port))
    with subprocess.Popen(["nginx", "-p", str(place), "-c", str(place / "conf")]) as server:
        try:
            yield server.pid
        finally:
            server.terminate()


@contextlib.asynccontextmanager
async def ours(port: int) -> AsyncIterator[int]:
    child = multiprocessing.get_context("spawn").Process(target=serve, args=(port,))
    child.start()
    try:
        assert child.pid is not None
        await listens(port)
        yield child.pid
    finally:
        child.terminate()
        child.join()


async def measure() -> None:
    port, other = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        async with ours(port) as mine:
            await load(port, "/status")  # warms it up
            _, size = await load(port, "/status")
            (Path(folder) / "status").write_bytes(b"x" * size)
            with nginx(other, Path(folder)) as theirs:
                if theirs:
                    await listens(other)
                await rounds({"sentinel": (mine, port)} | ({"nginx": (theirs, other)} if theirs else {}), size)
    if theirs is None:
        print("nginx is not installed: nothing to compare with")


async def rounds(who: dict[str, tuple[int, int]], size: int) -> None:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in who}
    for _ in range(ROUNDS):
        for name, (pid, port) in who.items():
            before = cpu_of(pid)
            wall, _ = await load(port, "/status")
            found[name].append((cpu_of(pid) - before, wall))
    for name, each in found.items():
        spent = median(cpu for cpu, _ in each) / REQUESTS * 1000
        wall = median(wall for _, wall in each)
        print(f"{name:9} {size} bytes: {spent:.3f} CPU s per 1,000, so {1000 / spent:,.0f} a second of one core;"
              f" {REQUESTS / wall:,.0f} a second here")  # fmt: skip
    print(f"load of the machine: {os.getloadavg()[0]:.1f}; client {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.1f} s")


if __name__ == "__main__":
    asyncio.run(measure())
