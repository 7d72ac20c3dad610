"""Exchange: a request and its answer on one libcurl handle, with the limits, the redirects and the address guard around it.

Does not belong here: driving handles (engine.py), whose fault a failure is (trouble.py), what people write (kind/).
"""

from dataclasses import replace
from datetime import datetime
from socket import AF_INET, AF_INET6, SocketType
from typing import Any
from urllib.parse import urljoin

import pycurl

from sentinel.model.guard import Gate
from sentinel.model.web import wire_address
from sentinel.probe import certificate, proxy, trouble, uplink
from sentinel.probe.condition import Rules, decoded
from sentinel.probe.request import Request, ask, offer_groups, origin, send_headers, set_up, show_certificate
from sentinel.probe.sample import Sample, charset_of, is_redirect, redirect_target
from sentinel.probe.trouble import Found, Trouble, Whose

BODY_LIMIT = 1024 * 1024
"""Decoded bytes that are read; a longer body is judged by these and marked `truncated`."""
EXCERPT_LIMIT = 4000
"""Bytes kept to explain a bad sample."""
HEADERS_LIMIT = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WANTS_ALL: set[tuple[str, str, int]] = set()
"""The checks' own origins where every group is offered. A handle that is not kept would try twice in every sample."""


class Exchange:
    """One libcurl handle that makes the samples of one check, one at a time.

    `begin`, give `easy` to a multi handle, and `finish` when it is done: None means that a redirect is followed, or TLS tried
    again, and `easy` is to be given again. `rest` until the next sample. The total time limit holds over all hops.
    """

    def __init__(self, request: Request, gate: Gate, rules: Rules) -> None:
        self.easy = pycurl.Curl()
        self._request = request
        self._gate = gate
        self._keep = BODY_LIMIT if rules.reads_body else 2 * EXCERPT_LIMIT
        self._rules = rules
        self._head: list[bytes] = []
        self._sample = Sample(request.url, 0.0)
        self._limit = 0.0
        self._altered = True
        set_up(self.easy, request)
        self._offers_all = origin(request.url) in _WANTS_ALL and offer_groups(self.easy)
        self.easy.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        self.easy.setopt(pycurl.WRITEFUNCTION, self._write)
        self.easy.setopt(pycurl.HEADERFUNCTION, self._head.append)

    def begin(self, seconds: float) -> None:
        """Get ready for a new sample that may take `seconds` in all."""
        self._sample = Sample(self._request.url, seconds)
        if self._altered:
            self._aim_at_origin()
        if self._request.client_certificate:
            show_certificate(self.easy, self._request, shown=True)
        self._set_timeout(seconds)

    def finish(self, code: int, message: str, now: datetime) -> Found | None:
        """Take stock of a transfer that ended with libcurl's `code`. `now` is for the certificate's days."""
        sample = self._sample
        sample.take_times(self.easy)
        status = self.easy.getinfo(pycurl.RESPONSE_CODE)
        if status:
            sample.facts["status"] = status
        if self._offers_more(code, message):
            return None
        if code == pycurl.E_WRITE_ERROR and sample.stopped:
            code = 0
        if code == pycurl.E_ABORTED_BY_CALLBACK and self._request.connect_only:
            code = 0
        wrong = self._refused(code) or self._failed(code, message)
        if wrong is None and status in _REDIRECTS and (target := redirect_target(self._head)):
            if sample.hops < self._request.follow_redirects:
                wrong = self._follow(target, status)
                if wrong is None:
                    return None
            elif sample.hops:
                wrong = Trouble(whose=Whose.THEIRS, reason=f"redirected more than {sample.hops} times")
        return Found(seen=sample.seen(self.easy, now, self._head, self._rules), trouble=wrong)

    def evidence(self) -> str:
        """The beginning of the body, readable, without what we sent that is secret."""
        # Cleaned before it is cut: half a secret at the end would not be known for one.
        return self.plain(decoded(self._sample.body[: 2 * EXCERPT_LIMIT], charset_of(self.easy)))[:EXCERPT_LIMIT]

    def plain(self, text: str) -> str:
        """`text`, which may quote an answer, without what we sent that is secret: servers repeat what they are told."""
        request = self._request
        sent = (*request.secrets, *request.headers.values(), request.body or "")
        for secret in sorted((part for one in sent for part in (one, one.rpartition(" ")[2])), key=len, reverse=True):
            if len(secret) >= 6:
                text = text.replace(secret, "•••")
        return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)

    def rest(self) -> None:
        """Keep nothing of the answer: a handle waits with each check, and a body may have a MiB."""
        self._sample.body = bytearray()
        self._head.clear()

    def close(self) -> None:
        self.easy.close()

    def _offers_more(self, code: int, message: str) -> bool:
        """Whether TLS is tried once more, now and from now on with every group there is: the server may have no usual one. Such
        a server says just that; any other failure is one, and is not tried away."""
        left = self._sample.limit - self._sample.total / 1e6
        refused = code == pycurl.E_SSL_CONNECT_ERROR and "alert handshake failure" in message
        if not refused or self._offers_all or left <= 0 or not offer_groups(self.easy):
            return False
        self._offers_all = True
        _WANTS_ALL.add(origin(self._request.url))
        self._sample.aim(self._sample.url)
        self._set_timeout(left)
        return True

    def _aim_at_origin(self) -> None:
        """Set what a redirect may have altered: URL, method, body, our headers; forget the cookies."""
        request, put = self._request, self.easy.setopt
        put(pycurl.URL, request.url)
        ask(self.easy, request.method, request.body)
        send_headers(self.easy, request.headers, request.encoding)
        if request.follow_redirects:
            put(pycurl.COOKIELIST, "ALL")
        self._altered = False

    def _set_timeout(self, seconds: float) -> None:
        self._head.clear()
        if seconds != self._limit:
            self._limit = seconds
            self.easy.setopt(pycurl.TIMEOUT_MS, max(1, round(seconds * 1000)))

    def _open_socket(self, _purpose: int, address: Any) -> int:
        """The guard: called by libcurl with the very address that it is about to connect to, at every hop."""
        sample = self._sample
        if address.family not in (AF_INET, AF_INET6):
            sample.refused.append("an address of an unknown family")
            return pycurl.SOCKET_BAD  # type: ignore[no-any-return]
        ip = address.addr[0]
        why = self._gate(ip)
        if why is not None:
            sample.refused.append(f"{ip} ({why})")
            return pycurl.SOCKET_BAD  # type: ignore[no-any-return]
        try:
            opened = SocketType(address.family, address.socktype, address.protocol)
        except OSError as error:
            sample.own_errno = error.errno or 0
            return pycurl.SOCKET_BAD  # type: ignore[no-any-return]
        sample.tried.append(ip)
        return opened.detach()

    def _write(self, chunk: bytes) -> int | None:
        """Keep what fits; returning another length than the chunk's makes libcurl stop."""
        sample = self._sample
        if not sample.bytes and sample.hops < self._request.follow_redirects and is_redirect(self._head):
            sample.stopped = True
            return 0
        sample.bytes += len(chunk)
        room = self._keep - len(sample.body)
        if room > 0:
            sample.body += chunk[:room]
        if sample.bytes > BODY_LIMIT:
            sample.stopped = True
            sample.bytes = BODY_LIMIT
            sample.facts["truncated"] = True
            return 0
        return None

    def _refused(self, code: int) -> Trouble | None:
        """Our own guard or our own lack of sockets kept libcurl from every address there was."""
        sample = self._sample
        if code != pycurl.E_COULDNT_CONNECT or sample.tried:
            return None
        if sample.refused:
            how = "redirected to" if sample.hops else "it is at"
            reason = f"{how} {sample.refused[0]}, which probes may not reach: see allow_private"
            return Trouble(whose=Whose.OURS, reason=reason)
        return trouble.blame(sample.failure(code, "", sample.own_errno)) if sample.own_errno else None

    def _failed(self, code: int, message: str) -> Trouble | None:
        if code == 0:
            size = self.easy.getinfo(pycurl.HEADER_SIZE)
            return None if size <= HEADERS_LIMIT else Trouble(whose=Whose.THEIRS, reason="headers of more than 64 KiB")
        if code == pycurl.E_PEER_FAILED_VERIFICATION:
            chain, result = self._sample.chain(self.easy), self.easy.getinfo(pycurl.SSL_VERIFYRESULT)
            reason = certificate.fault(chain, result, message, self._sample.host)
            return Trouble(whose=Whose.THEIRS, reason=reason)
        failure = self._sample.failure(code, message, self.easy.getinfo(pycurl.OS_ERRNO))
        wrong = trouble.blame(failure)
        if self._request.proxy:
            status, error = self.easy.getinfo(pycurl.HTTP_CONNECTCODE), self.easy.getinfo(pycurl.PROXY_ERROR)
            return proxy.fault(self._request.proxy, failure, status, error, wrong)
        if wrong.whose is Whose.RESOLVER and self._request.ip:
            return replace(wrong, ip=self._request.ip)
        if wrong.whose is Whose.ROUTE:
            routed = any(uplink.has_route(ip) for ip in self._sample.tried)
            return (
                Trouble(whose=Whose.THEIRS, reason="no connection")
                if routed
                else Trouble(whose=Whose.OURS, reason=wrong.reason)
            )
        return wrong

    def _follow(self, target: str, status: int) -> Trouble | None:
        """Aim the handle at a redirect's target; a Trouble when it cannot be followed."""
        sample, request = self._sample, self._request
        left = sample.limit - sample.total / 1e6
        try:
            url = wire_address(urljoin(sample.url, target))
        except ValueError:
            return Trouble(whose=Whose.THEIRS, reason="redirected to an address that is not a plain http or https one")
        if left <= 0:
            return Trouble(whose=Whose.THEIRS, reason=f"timed out after {sample.limit:.1f} s while following redirects")
        repeats = status in (307, 308)
        if origin(url) != origin(sample.url):
            if request.proxy and origin(url)[1] != origin(sample.url)[1]:
                # The guard judges the proxy's address alone: the target must not choose where the proxy goes.
                return Trouble(whose=Whose.OURS, reason="redirected to another host, which is not followed through a proxy")
            if repeats and request.body:
                return Trouble(whose=Whose.THEIRS, reason="redirected to another site, where the request's body is not sent")
            send_headers(self.easy, {}, request.encoding)
            if request.client_certificate:
                show_certificate(self.easy, request, shown=False)
        if not repeats and request.method not in ("GET", "HEAD", "OPTIONS"):
            ask(self.easy, "GET", None)
        self._altered = True
        self.easy.setopt(pycurl.URL, url)
        sample.next_hop(url)
        self._set_timeout(left)
        return None
