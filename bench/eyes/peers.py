"""Peers: blackbox_exporter, driven by a cheap client, and Prometheus with it. Debian's packages, where they are installed.

Belongs here: their files, starting them, driving them. Does not belong here: what they are compared with.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import quote

import httpx
import pycurl
import yaml

from bench.eyes.target import Target, await_port, pin
from sentinel.demo.stage import free_port

BLACKBOX: Final = ("prometheus-blackbox-exporter", "blackbox_exporter")
PROMETHEUS: Final = ("prometheus",)
AT_ONCE: Final = 32


def find(names: tuple[str, ...], given: str | None) -> str | None:
    """Where it is; None where it is not installed."""
    return given or next((found for name in names if (found := shutil.which(name))), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """`pids`: its processes."""

    pids: tuple[int, ...]
    port: int


@contextmanager
def blackbox(folder: Path, program: str, target: Target) -> Iterator[Peer]:
    """It verifies status and body, by IPv4, on the first core."""
    folder.mkdir(parents=True, exist_ok=True)
    http = {
        "valid_status_codes": [200], "fail_if_body_not_matches_regexp": ["xxx"], "preferred_ip_protocol": "ip4",
        "tls_config": {"ca_file": str(target.ca)}, "method": "GET",
    }  # fmt: skip
    config = folder / "blackbox.yaml"
    config.write_text(yaml.safe_dump({"modules": {"page": {"prober": "http", "timeout": "10s", "http": http}}}))
    port = free_port()
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=_one_core()) as process:
        pin(process.pid, 0)
        try:
            await_port(port, process)
            yield Peer(pids=(process.pid,), port=port)
        finally:
            process.terminate()


@contextmanager
def prometheus(folder: Path, program: str, exporter: Peer, target: Target, way: str, checks: int) -> Iterator[Peer]:
    """Prometheus that has `exporter` probe so many targets once a second."""
    folder.mkdir(parents=True, exist_ok=True)
    relabel = [
        {"source_labels": ["__address__"], "target_label": "__param_target", "regex": "([^#]+)#.*", "replacement": "$1"},
        {"source_labels": ["__address__"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": f"127.0.0.1:{exporter.port}"},
    ]
    job = {
        "job_name": "page", "metrics_path": "/probe", "params": {"module": ["page"]}, "relabel_configs": relabel,
        "static_configs": [{"targets": [f"{target.url(way)}#{number}" for number in range(checks)]}],
    }  # fmt: skip
    timing = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "15s"}
    config = folder / "prometheus.yaml"
    config.write_text(yaml.safe_dump({"global": timing, "scrape_configs": [job]}))
    port = free_port()
    command = [
        program, f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}", "--log.level=error",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=_one_core()) as process:
        pin(process.pid, 0)
        try:
            await_port(port, process)
            yield Peer(pids=(process.pid, *exporter.pids), port=port)
        finally:
            process.terminate()
            process.wait()


def scrapes(prometheus: Peer) -> int:
    """How often it has scraped any of its targets again: what it did, not what it was asked to do."""
    text = httpx.get(f"http://127.0.0.1:{prometheus.port}/metrics", trust_env=False, timeout=10).text
    return sum(
        int(float(each)) for each in re.findall(r"^prometheus_target_interval_length_seconds_count\S* (\S+)$", text, re.M)
    )


def await_scrapes(prometheus: Peer, wanted: int) -> None:
    """Until it scrapes at all: it takes up its targets some seconds after its start. Raises RuntimeError."""
    end = monotonic() + 30
    while scrapes(prometheus) < wanted:
        if monotonic() > end:
            raise RuntimeError("prometheus does not scrape")
        sleep(0.2)


def _one_core() -> dict[str, str]:
    """Go's own threads are told that they have the one core that they are pinned to."""
    return {"PATH": os.environ.get("PATH", ""), "GOMAXPROCS": "1"}


def drive(exporter: Peer, target: Target, way: str, probes: int) -> None:
    """Ask `/probe` so many times, 32 at a time over kept connections. Raises RuntimeError unless each was a success."""
    url = f"http://127.0.0.1:{exporter.port}/probe?module=page&target={quote(target.url(way), safe='')}"
    multi, free, left, done = pycurl.CurlMulti(), [_asking(url) for _ in range(AT_ONCE)], probes, 0
    said: dict[Any, bytearray] = {}
    end = monotonic() + 300
    while done < probes:
        while free and left:
            easy, left = free.pop(), left - 1
            said[easy] = bytearray()
            easy.setopt(pycurl.WRITEFUNCTION, said[easy].extend)
            multi.add_handle(easy)
        multi.perform()
        _, good, bad = multi.info_read()
        for easy in good:
            if b"\nprobe_success 1" not in said[easy]:
                raise RuntimeError(f"a probe of blackbox_exporter failed: {bytes(said[easy][-300:]).decode()}")
            multi.remove_handle(easy)
            free.append(easy)
        done += len(good)
        if bad or monotonic() > end:
            raise RuntimeError(f"blackbox_exporter does not answer: {bad[:1]}")
        if not good:
            multi.select(0.01)


def _asking(url: str) -> pycurl.Curl:
    easy = pycurl.Curl()
    easy.setopt(pycurl.URL, url)
    easy.setopt(pycurl.NOSIGNAL, 1)
    return easy


def settle(seconds: float) -> None:
    """Let it run for a while."""
    sleep(seconds)
