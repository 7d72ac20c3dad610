"""How somebody comes by a password without anybody else knowing it: the first account of a hub, and invitations.

Both take a secret that was shown once elsewhere, in a form's body and never in an address: addresses end up in logs.
"""

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import fault_of_email, fault_of_name, plain_email
from sentinel.model.command import Refused
from sentinel.serve.accounts.credentials import fault_of_password, is_invited_by
from sentinel.serve.accounts.sheet import MISSING, Sheet, address_of
from sentinel.serve.clockface import length_words
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.port import status_of
from sentinel.serve.telling import sentence
from sentinel.serve.throttle import Throttle, network_of

NOT_INVITED = "That address and code do not belong together, or the invitation has run out. Ask for another."
DIFFER = "The two passwords differ. Type it twice."


class Entry:
    """Its pages. `routes` declares each with what it needs."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._hub = sheet.hub
        self._throttle = Throttle()

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/first-run", Need.OWN_PAGE, self.first_run_page),
            gate.route("POST", "/first-run", Need.OWN_PAGE, self.first_run),
            gate.route("GET", "/invitation", Need.OWN_PAGE, self.invitation_page),
            gate.route("POST", "/invitation", Need.OWN_PAGE, self.redeem),
        ]

    async def first_run_page(self, request: Request, visitor: Visitor) -> Response:
        await self._open()
        return self._shown("first-run.html", visitor)

    async def first_run(self, request: Request, visitor: Visitor) -> Response:
        await self._open()
        form, address, now = visitor.form, address_of(request), self._sheet.clock()
        wait = self._throttle.wait(network_of(address), address, now)
        if wait > timedelta(0):
            return self._throttled("first-run.html", visitor, wait)
        email, name, password = plain_email(form.get("email", "")), form.get("name", "").strip(), form.get("password", "")
        why = fault_of_email(email) or fault_of_name(name) or self._fault(visitor, email, name)
        if why:
            return self._shown("first-run.html", visitor, why, 422)
        self._throttle.failed(network_of(address), address, now)
        digest = await self._sheet.logins.digest_of(password)
        result = await self._hub.first_run(form.get("code", ""), email=email, name=name, digest=digest)
        if isinstance(result, Refused):
            return self._shown("first-run.html", visitor, sentence(result.why), 403)
        return self._done(email)

    async def invitation_page(self, request: Request, visitor: Visitor) -> Response:
        return self._shown("invitation.html", visitor)

    async def redeem(self, request: Request, visitor: Visitor) -> Response:
        form, address, now = visitor.form, address_of(request), self._sheet.clock()
        email, code = plain_email(form.get("email", "")), form.get("code", "")
        wait = self._throttle.wait(f"{email[:256]} {network_of(address)}", address, now)
        if wait > timedelta(0):
            return self._throttled("invitation.html", visitor, wait)
        account = await self._hub.account(email)
        if account is None or account.disabled_at is not None or not is_invited_by(code, account.digest, now):
            self._throttle.failed(f"{email[:256]} {network_of(address)}", address, now)
            return self._shown("invitation.html", visitor, NOT_INVITED, 403)
        why = self._fault(visitor, email, account.name)
        if why:
            return self._shown("invitation.html", visitor, why, 422)
        digest = await self._sheet.logins.digest_of(form.get("password", ""))
        result = await self._hub.set_password(email, was=account.digest, digest=digest)
        if isinstance(result, Refused):
            return self._shown("invitation.html", visitor, sentence(result.why), status_of(result))
        return self._done(email)

    async def _open(self) -> None:
        """The route is there only while the hub waits for its first account."""
        if not await self._hub.first_run_is_open():
            raise HTTPException(404, MISSING)

    def _fault(self, visitor: Visitor, email: str, name: str) -> str:
        password = visitor.form.get("password", "")
        why = fault_of_password(password, email, name)
        return why or ("" if password == visitor.form.get("again", "") else DIFFER)

    def _shown(self, page: str, visitor: Visitor, why: str = "", status: int = 200) -> Response:
        email, called, code = (visitor.form.get(field, "") for field in ("email", "name", "code"))
        return self._sheet.pages.render(page, status=status, why=why, email=email, called=called, code=code)

    def _throttled(self, page: str, visitor: Visitor, wait: timedelta) -> Response:
        answer = self._shown(page, visitor, f"Too many failed attempts. Try again in {length_words(wait)}.", 429)
        answer.headers["retry-after"] = str(int(wait.total_seconds()) + 1)
        return answer

    def _done(self, email: str) -> Response:
        return self._sheet.pages.render(
            "sign-in.html", next="/", email=email, why="", first_run=False, done="Your password is set. Sign in with it."
        )
