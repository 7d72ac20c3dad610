"""Signing in and out. The password is checked off the event loop, one at a time, behind the throttle."""

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sentinel.model.account import fault_of_email, plain_email
from sentinel.serve.accounts.port import Seen, Sight
from sentinel.serve.clockface import length_words
from sentinel.serve.form import local_path
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.session import ABSOLUTE, Logins, cookie_name, token_hash
from sentinel.serve.throttle import Throttle, network_of

log = logging.getLogger(__name__)

NOTED_AN_HOUR = 200
"""Failed sign-ins that are written into the audit; the log has the others. Nobody may fill the store from outside."""
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
        self._noted: deque[datetime] = deque(maxlen=NOTED_AN_HOUR)

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
        return await self._shown(target)

    async def sign_in(self, request: Request, visitor: Visitor) -> Response:
        form, now = visitor.form, self._clock()
        email, target = form.get("email", "").strip(), local_path(form.get("next", "/"))
        address = request.client.host if request.client else ""
        # What is no address may be a password in the wrong field: it reaches neither the log nor the audit.
        account = plain_email(email) if not fault_of_email(plain_email(email)) else ""
        wait = self._throttle.wait(account, address, now)
        if wait > timedelta(0):
            log.warning("sign-in throttled for %r from %r", account, address)
            return await self._throttled(target, email, wait)
        # Counted before the check, so that attempts made at the same moment cannot slip past the throttle together.
        self._throttle.failed(account, address, now)
        login = await self._logins.sign_in(email, form.get("password", ""))
        if login is None:
            return await self._refused(target, email, account, address)
        self._throttle.succeeded(account, address)
        if visitor.token:
            await self._hub.revoke_session(token_hash(visitor.token))
        token, session = self._logins.new_session(login, now)
        await self._hub.save_session(session)
        await self._hub.note_in_audit(Seen(do=Sight.SIGNED_IN, about=network_of(address)), login.name, login.email)
        log.info("signed in %r from %r", account, address)
        answer = RedirectResponse(target, status_code=303)
        give_cookie(answer, token, https=self._https)
        return answer

    async def sign_out(self, request: Request, visitor: Visitor) -> Response:
        await self._hub.revoke_session(token_hash(visitor.token))
        await self._hub.note_in_audit(Seen(do=Sight.SIGNED_OUT), visitor.name, visitor.email)
        answer = RedirectResponse("/sign-in", status_code=303)
        answer.delete_cookie(self._cookie, path="/", secure=self._https, httponly=True, samesite="lax")
        return answer

    async def _refused(self, target: str, email: str, account: str, address: str) -> Response:
        log.warning("sign-in refused for %r from %r", account, address)
        now = self._clock()
        if len(self._noted) < NOTED_AN_HOUR or now - self._noted[0] >= timedelta(hours=1):
            self._noted.append(now)
            await self._hub.note_in_audit(Seen(do=Sight.SIGN_IN_FAILED, about=network_of(address)), "", account)
        return await self._shown(target, email, WRONG, status=403)

    async def _shown(self, target: str, email: str = "", why: str = "", status: int = 200) -> Response:
        first_run = await self._hub.first_run_is_open()
        return self._pages.render("sign-in.html", status=status, next=target, email=email, why=why, first_run=first_run)

    async def _throttled(self, target: str, email: str, wait: timedelta) -> Response:
        why = f"Too many failed attempts. Try again in {length_words(wait)}, or use the sentinel command on the hub's machine."
        answer = await self._shown(target, email, why, status=429)
        answer.headers["retry-after"] = str(int(wait.total_seconds()) + 1)
        return answer


def give_cookie(answer: Response, token: str, *, https: bool) -> None:
    """Hand a session's token to the browser."""
    lasts = int(ABSOLUTE.total_seconds())
    answer.set_cookie(cookie_name(https), token, max_age=lasts, path="/", httponly=True, samesite="lax", secure=https)
