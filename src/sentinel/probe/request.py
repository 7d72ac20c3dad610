"""Request: what is asked for, and how libcurl is told so.

Does not belong here: the answer (sample.py), redirects (exchange.py).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import pycurl

_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


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
    put(pycurl.SSL_VERIFYPEER, int(request.verify))
    put(pycurl.SSL_VERIFYHOST, 2 if request.verify else 0)
    bundle = request.ca or _bundle()
    if bundle:
        put(pycurl.CAINFO, bundle)
    if request.encoding != "identity":
        put(pycurl.ACCEPT_ENCODING, request.encoding)
    if request.follow_redirects:
        put(pycurl.COOKIEFILE, "")
    if request.connect_only:
        # Not CONNECT_ONLY: with the multi interface that keeps the connection, and its descriptor, until the very end.
        put(pycurl.PREREQFUNCTION, _enough)


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


@cache
def _bundle() -> str | None:
    """The authorities to trust: those that the environment names, certifi's, the system's; None leaves it to libcurl."""
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        if path := os.environ.get(name):
            return path
    try:
        import certifi  # not a dependency of ours: used when something else has brought it

        return certifi.where()
    except ImportError:
        return next((path for path in _BUNDLES if os.path.exists(path)), None)
