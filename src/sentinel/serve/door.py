"""Signing in and out. The password is checked off the event loop, one at a time, behind the throttle."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sentinel.serve.clockface import length_words
from sentinel.serve.form import local_path
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.session import ABSOLUTE, Logins, cookie_name, token_hash
from sentinel.serve.throttle import Throttle

log = logging.getLogger(__name__)

WRONG = "That e-mail address and password do not belong together."


class Door:
    """The sign-in page, and the way out."""

    def __init__(self, hub: Hub, logins: Logins, pages: Pages, url: str, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._logins = logins
        self._pages = pages
        self._clock = clock
        self._https = url.startswith("https://")
        self._cookie = cookie_name(self._https)
        self._throttle = Throttle()
        self._one_at_a_time = CapacityLimiter(1)

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/sign-in", Need.OWN_PAGE, self.page),
            gate.route("POST", "/sign-in", Need.OWN_PAGE, self.sign_in),
            gate.route("POST", "/sign-out", Need.SIGNED_IN, self.sign_out),
        ]

    async def page(self, request: Request, visitor: Visitor) -> Response:
        target = local_path(request.query_params.get("next", "/"))
        if visitor.login is not None:
            return RedirectResponse(target, status_code=303)
        return self._shown(target)

    async def sign_in(self, request: Request, visitor: Visitor) -> Response:
        form, now = visitor.form, self._clock()
        email, target = form.get("email", "").strip(), local_path(form.get("next", "/"))
        account, address = email.casefold()[:256], request.client.host if request.client else ""
        wait = self._throttle.wait(account, address, now)
        if wait > timedelta(0):
            log.warning("sign-in throttled for %r from %r", account, address)
            return self._throttled(target, email, wait)
        # Counted before the check, so that attempts made at the same moment cannot slip past the throttle together.
        self._throttle.failed(account, address, now)
        login = await to_thread.run_sync(self._logins.sign_in, email, form.get("password", ""), limiter=self._one_at_a_time)
        if login is None:
            log.warning("sign-in refused for %r from %r", account, address)
            return self._shown(target, email, WRONG, status=403)
        self._throttle.succeeded(account, address)
        if visitor.token:
            await self._hub.revoke_session(token_hash(visitor.token))
        token, session = self._logins.new_session(login, now)
        await self._hub.save_session(session)
        log.info("signed in %r from %r", account, address)
        answer = RedirectResponse(target, status_code=303)
        lasts = int(ABSOLUTE.total_seconds())
        answer.set_cookie(self._cookie, token, max_age=lasts, path="/", httponly=True, samesite="lax", secure=self._https)
        return answer

    async def sign_out(self, request: Request, visitor: Visitor) -> Response:
        await self._hub.revoke_session(token_hash(visitor.token))
        answer = RedirectResponse("/sign-in", status_code=303)
        answer.delete_cookie(self._cookie, path="/", secure=self._https, httponly=True, samesite="lax")
        return answer

    def _shown(self, target: str, email: str = "", why: str = "", status: int = 200) -> Response:
        return self._pages.render("sign-in.html", status=status, next=target, email=email, why=why)

    def _throttled(self, target: str, email: str, wait: timedelta) -> Response:
        why = f"Too many failed attempts. Try again in {length_words(wait)}, or use the sentinel command on the hub's machine."
        answer = self._shown(target, email, why, status=429)
        answer.headers["retry-after"] = str(int(wait.total_seconds()) + 1)
        return answer
