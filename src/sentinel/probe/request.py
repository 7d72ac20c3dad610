"""Request: what is asked for, and how libcurl is told so.

Does not belong here: the answer (sample.py), redirects (exchange.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import pycurl

from sentinel.probe.trust import bundle

_CERTIFICATE_LIMIT = 1024 * 1024
# `?`: one that this TLS does not have (by a rule of FIPS, say) is passed over, and does not fail every handshake.
_USUAL_GROUPS = "?X25519:?P-256:?X448:?P-384:?P-521"
_ALL_GROUPS = f"?X25519MLKEM768:{_USUAL_GROUPS}:?ffdhe2048:?ffdhe3072"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to ask for. `headers` go to the URL's own origin only."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    follow_redirects: int = 3
    verify: bool = True
    ca: str | None = None
    encoding: str = "identity"
    version: str = "auto"
    ip: int = 0
    """4 or 6: an address of that family alone."""
    address: str = ""
    """Numeric: connect to it instead of to those that the URL's host has."""
    client_certificate: str = ""
    client_key: str = ""
    """Paths. The certificate is shown to the URL's own origin only."""
    proxy: str = ""
    proxy_user: str = ""
    proxy_password: str = ""
    secrets: tuple[str, ...] = ()
    """What must not be told beside what the headers and the body hold."""
    connect_only: bool = False
    """Nothing is asked: it is enough that somebody takes the connection."""


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what must be the same for our headers to be sent."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def set_up(easy: pycurl.Curl, request: Request) -> None:
    """Set on a new handle what stays the same for every hop of every sample."""
    put = easy.setopt
    put(pycurl.NOSIGNAL, 1)
    put(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    put(pycurl.PROXY, "")
    put(pycurl.FRESH_CONNECT, 1)
    put(pycurl.FORBID_REUSE, 1)
    put(pycurl.DNS_CACHE_TIMEOUT, 0)
    put(pycurl.CONNECTTIMEOUT_MS, 24 * 3600 * 1000)  # the limit over everything is the one that counts
    put(pycurl.OPT_CERTINFO, 1)
    # A session taken up again shows no certificate: one that was replaced or has expired would go unseen.
    put(pycurl.SSL_SESSIONID_CACHE, 0)
    offer_groups(easy, _USUAL_GROUPS)
    put(pycurl.SSL_VERIFYPEER, int(request.verify))
    put(pycurl.SSL_VERIFYHOST, 2 if request.verify else 0)
    authorities = request.ca or bundle()
    if authorities:
        put(pycurl.CAINFO, authorities)
    if request.encoding != "identity":
        put(pycurl.ACCEPT_ENCODING, request.encoding)
    if request.follow_redirects:
        put(pycurl.COOKIEFILE, "")
    if request.version != "auto":
        put(pycurl.HTTP_VERSION, _version(request))
    if request.ip:
        put(pycurl.IPRESOLVE, pycurl.IPRESOLVE_V6 if request.ip == 6 else pycurl.IPRESOLVE_V4)
    if request.address:
        # Not RESOLVE, which would fill a cache that all handles share.
        _, host, port = origin(request.url)
        put(pycurl.CONNECT_TO, [f"{_bracketed(host)}:{port}:{_bracketed(request.address)}:{port}"])
    if request.proxy:
        put(pycurl.PROXY, request.proxy)
        put(pycurl.NOPROXY, "")
        if authorities:
            put(pycurl.PROXY_CAINFO, authorities)
        if request.proxy_user:
            put(pycurl.PROXYUSERNAME, request.proxy_user)
            put(pycurl.PROXYPASSWORD, request.proxy_password)
    if request.connect_only:
        # Not CONNECT_ONLY: with the multi interface that keeps the connection, and its descriptor, until the very end.
        put(pycurl.PREREQFUNCTION, _enough)


def offer_groups(easy: pycurl.Curl, groups: str = _ALL_GROUPS) -> bool:
    """Say by which groups keys may be agreed on; whether it can be said. The usual ones are what every server has: a key of the
    others is made for each handshake, whether or not it is used, which is a tenth of what a handshake costs."""
    if names_groups():
        easy.setopt(pycurl.SSL_EC_CURVES, groups)
    return names_groups()


@cache
def names_groups() -> bool:
    """Whether there is a group that is not usual: OpenSSL has one since 3.5, and makes a key of it unless told otherwise."""
    found = re.search(r"OpenSSL/(\d+)\.(\d+)", pycurl.version)
    return found is not None and (int(found[1]), int(found[2])) >= (3, 5)


def show_certificate(easy: pycurl.Curl, request: Request, *, shown: bool) -> None:
    """Show ours, or none: another site is not told who we are. Read anew each time, since such certificates are renewed in
    place; as blobs, since a path cannot be taken back from a handle."""
    if not shown:
        easy.unsetopt(pycurl.SSLCERT_BLOB)
        easy.unsetopt(pycurl.SSLKEY_BLOB)
        return
    easy.setopt(pycurl.SSLCERT_BLOB, _file(request.client_certificate))
    easy.setopt(pycurl.SSLKEY_BLOB, _file(request.client_key or request.client_certificate))


def _file(path: str) -> bytes:
    """What is in it. One that cannot be read is no certificate to libcurl, which says so in due course."""
    try:
        with open(path, "rb") as file:
            return file.read(_CERTIFICATE_LIMIT) or b"empty"
    except OSError:
        return b"unreadable"


def _version(request: Request) -> int:
    """HTTP/2 is agreed on within TLS; without TLS there is nothing to agree by, so it is simply spoken."""
    if request.version == "2":
        plain = request.url.startswith("http:")
        return int(pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE if plain else pycurl.CURL_HTTP_VERSION_2TLS)
    return int(pycurl.CURL_HTTP_VERSION_1_0 if request.version == "1.0" else pycurl.CURL_HTTP_VERSION_1_1)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _enough(*_: object) -> int:
    """Connected, and that is all: libcurl hangs up before it asks for anything."""
    return int(pycurl.PREREQFUNC_ABORT)


def ask(easy: pycurl.Curl, method: str, body: str | None) -> None:
    """Set the method and the body to send."""
    put = easy.setopt
    put(pycurl.HTTPGET, 1)
    put(pycurl.NOBODY, int(method == "HEAD"))
    if body is not None or method in ("POST", "PUT", "PATCH"):
        sent = (body or "").encode()
        put(pycurl.POST, 1)
        put(pycurl.POSTFIELDSIZE, len(sent))
        put(pycurl.COPYPOSTFIELDS, sent)
    if method != "HEAD":
        put(pycurl.CUSTOMREQUEST, method)
    else:
        easy.unsetopt(pycurl.CUSTOMREQUEST)


def send_headers(easy: pycurl.Curl, headers: Mapping[str, str], encoding: str) -> None:
    """Set the headers to send: these, and those that every probe sends."""
    lines = [f"{name}: {value}" if value.strip() else f"{name};" for name, value in headers.items()]
    if not any(name.lower() == "user-agent" for name in headers):
        lines.append("User-Agent: Sentinel-Probe/1")
    if encoding == "identity":
        lines.append("Accept-Encoding: identity")
    lines.append("Expect:")
    easy.setopt(pycurl.HTTPHEADER, [line.encode() for line in lines])
