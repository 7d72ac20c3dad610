"""Machine: what this machine cannot do for probes, whatever the files say: sockets, names, the clock, descriptors, libraries.

Belongs here: examinations that change nothing and end within seconds. Does not belong here: the installation (doctor.py), hosts
of checks and channels (reachable.py).
"""

import ctypes
import os
import resource
import shutil
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pycurl

from sentinel.model.installation import Installation
from sentinel.probe import uplink
from sentinel.probe.trust import bundle
from sentinel.run.doctor import Finding, many, ok, warning, wrong

EXTRAS: Final[dict[str, tuple[str, str]]] = {
    "browser": ("browser", "playwright"), "grpc": ("grpc", "grpc_health"), "ping": ("icmp", "icmplib"),
    "websocket": ("ws", "websockets"),
}  # fmt: skip
"""Kind → the extra that it needs, and the module by which that is known."""
DATABASES: Final = {"postgres": "psycopg", "mysql": "pymysql"}
CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FILES_WANTED: Final = 4096
FILES_A_PROBE: Final = 5
SKEWED: Final = 1.0
"""Seconds between this clock and a time server's that are worth a word; messages promise times by it."""
BADLY_SKEWED: Final = 30.0
_EPOCH_1900: Final = 2_208_988_800
PATIENCE: Final = 2.0
TIMEX_BYTES: Final = 512
"""More than any system's struct timex; all zero it asks and sets nothing."""
UNKEPT: Final = 5
"""TIME_ERROR of adjtimex(2)."""


def of_probes(installation: Installation) -> Iterator[Finding]:
    """What can be seen without asking any other machine."""
    kinds = {check.kind for check in installation.checks.values()}
    yield kept()
    yield _files()
    yield libcurl()
    yield _bundle()
    yield _echoes("ping" in kinds)
    yield _families()
    yield _extras(kinds)
    if any(check.kind == "browser" and not check.options.get("executable") for check in installation.checks.values()):
        yield _chromium()


def of_the_network(time_server: str = "") -> Iterator[Finding]:
    """What asks this machine's resolvers, and a time server if one is named."""
    yield resolvers(uplink.own_nameservers())
    if time_server:
        yield clock_against(time_server)


def resolvers(servers: Sequence[tuple[str, int]], *, now: Callable[[], float] = time.monotonic) -> Finding:
    """Whether each of them answers for the root, as uplink.py asks when a name is not found."""
    silent = [address for address, port in servers if not _answers(address, port, now)]
    if not silent:
        return ok("names", f"{many(len(servers), 'resolver')} of this machine {'answers' if len(servers) == 1 else 'answer'}")
    mend = "look at /etc/resolv.conf: while no resolver answers, every check by name is unknown"
    if len(silent) == len(servers):
        return wrong("names", f"no resolver answers: {', '.join(silent)}", mend)
    return warning("names", f"{', '.join(silent)} does not answer", mend)


def _answers(address: str, port: int, now: Callable[[], float]) -> bool:
    lookup = uplink.Lookup(".", ((address, port),), now())
    try:
        for one in lookup.sockets:
            one.setblocking(True)
            one.settimeout(PATIENCE)
            one.recv(4096)
            return True
    except OSError:
        return False
    finally:
        lookup.close()
    return False


def clock_against(server: str, port: int = 123) -> Finding:
    """This clock beside a time server's (SNTP, RFC 4330)."""
    skew = _skew(server, port)
    if skew is None:
        return warning("clock skew", f"{server} does not say what time it is", "name another --time-server")
    said = f"{abs(skew):.1f} s {'behind' if skew > 0 else 'ahead of'} {server}"
    mend = "set the clock, and let NTP keep it: messages promise times by it"
    if abs(skew) >= BADLY_SKEWED:
        return wrong("clock skew", said, mend)
    return warning("clock skew", said, mend) if abs(skew) >= SKEWED else ok("clock skew", said)


def kept() -> Finding:
    """Whether anything keeps this clock: the kernel knows, and is only asked."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        state = -1
    if state == UNKEPT:
        said = "the kernel says that nothing keeps this clock"
        mend = "run chrony or systemd-timesyncd (in a container: on its host); `sentinel doctor --time-server HOST` compares"
        return warning("clock kept", said, mend)
    return ok("clock kept", "by NTP, the kernel says" if state >= 0 else "the kernel does not say by what")


def _skew(server: str, port: int) -> float | None:
    """Seconds that this clock is behind; None where nobody answers."""
    try:
        family, _, _, _, where = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.settimeout(PATIENCE)
            asking.connect(where)
            sent = time.time()
            asking.send(b"\x23" + 47 * b"\0")
            answer = asking.recv(512)
            got = time.time()
    except OSError:
        return None
    if len(answer) < 48 or answer[0] & 0x07 != 4 or answer[1] == 0:
        return None
    whole, part = struct.unpack("!II", answer[40:48])
    there = whole - _EPOCH_1900 + part / 2**32
    return float(there - (sent + got) / 2)


def _files() -> Finding:
    """The children ask for more by themselves, up to what may be had at most."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= FILES_WANTED:
        return ok("descriptors", f"{'as many as wanted' if hard == resource.RLIM_INFINITY else hard} open files at a time")
    said = f"{hard} open files at most: about {hard // FILES_A_PROBE} probes at a time"
    return warning("descriptors", said, f"LimitNOFILE={FILES_WANTED} in the unit, or `ulimit -Hn {FILES_WANTED}`")


def libcurl() -> Finding:
    info = pycurl.version_info()
    version, features = str(info[1]), int(info[4])
    lacking = [
        name
        for name, flag in (
            ("HTTP/2", pycurl.VERSION_HTTP2), ("IPv6", pycurl.VERSION_IPV6), ("brotli", pycurl.VERSION_BROTLI),
            ("gzip", pycurl.VERSION_LIBZ), ("asynchronous DNS", pycurl.VERSION_ASYNCHDNS),
        )
        if not features & flag
    ]  # fmt: skip
    said = f"{version} with {info[5]}"
    if "asynchronous DNS" in lacking:
        return wrong(
            "libcurl", f"{said}, without asynchronous DNS", "use the wheel of pycurl: a slow name would hold up every check"
        )
    if lacking:
        return warning("libcurl", f"{said}, without {', '.join(lacking)}", "use the wheel of pycurl, which has them")
    return ok("libcurl", f"{said}: HTTP/2, brotli, gzip, IPv6")


def _bundle() -> Finding:
    path = bundle()
    if path and Path(path).is_file() and Path(path).stat().st_size:
        return ok("certificates", path)
    return wrong(
        "certificates", "there is no bundle of authorities", "install ca-certificates: no https check can be verified without"
    )


def _echoes(wanted: bool) -> Finding:
    """Unprivileged echoes first, raw sockets else: what ping does."""
    for kind, words in ((socket.SOCK_DGRAM, "without privileges"), (socket.SOCK_RAW, "by raw sockets")):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except OSError:
            continue
        return ok("echoes", f"this machine may send them, {words}")
    said = "this user may not send ICMP echoes"
    mend = "sysctl net.ipv4.ping_group_range='0 2147483647', or give the process CAP_NET_RAW"
    return warning("echoes", said, mend) if wanted else ok("echoes", f"{said}; no check needs it")


def _families() -> Finding:
    has = [name for name, address in (("IPv4", "192.0.2.1"), ("IPv6", "2001:db8::1")) if uplink.has_route(address)]
    if not has:
        return warning(
            "routes", "neither IPv4 nor IPv6 leads out", "look at the routes: what is not on this network cannot be probed"
        )
    return ok("routes", f"{' and '.join(has)} {'leads' if len(has) == 1 else 'lead'} out")


def _extras(kinds: set[str]) -> Finding:
    """A check whose extra is missing is refused when the files are read; here is what could be written."""
    lacking = {kind: extra for kind, (extra, module) in EXTRAS.items() if find_spec(module) is None}
    lacking |= {f"sql ({name})": name for name, module in DATABASES.items() if find_spec(module) is None}
    if not lacking:
        return ok("extras", f"all {len(EXTRAS) + len(DATABASES)} are here")
    lines = ", ".join(f"{kind}: pip install 'sentinel[{extra}]'" for kind, extra in lacking.items())
    wanted = kinds & lacking.keys()
    if wanted:
        return wrong("extras", f"{', '.join(sorted(wanted))} cannot be probed", lines)
    return ok("extras", f"not here, and no check needs them: {lines}")


def _chromium() -> Finding:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        return wrong("chromium", f"none of {', '.join(CHROMIUM)} is on the PATH", "install Chromium, or name it: `executable`")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return warning("chromium", f"{found}, run as root without its sandbox", "run Sentinel as a user of its own")
    return ok("chromium", found)
