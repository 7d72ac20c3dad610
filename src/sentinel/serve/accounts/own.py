"""Everybody's own page: what they may do, their password, and where they are signed in."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import GIVES
from sentinel.model.command import Refused
from sentinel.serve.accounts.credentials import fault_of_password
from sentinel.serve.accounts.port import Seen, Sight
from sentinel.serve.accounts.sheet import Refusal, Sheet, address_of
from sentinel.serve.clockface import length_words
from sentinel.serve.door import give_cookie
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.port import status_of
from sentinel.serve.session import is_alive, token_hash
from sentinel.serve.telling import sentence
from sentinel.serve.throttle import Throttle


class Own:
    """Its pages. `routes` declares each with what it needs."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._hub = sheet.hub
        self._throttle = Throttle()

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/profile", Need.SIGNED_IN, self.page),
            gate.route("POST", "/profile/password", Need.SIGNED_IN, self.change_password),
            gate.route("POST", "/profile/sessions", Need.SIGNED_IN, self.end_sessions),
        ]

    async def page(self, request: Request, visitor: Visitor) -> Response:
        return await self._shown(request, visitor)

    async def change_password(self, request: Request, visitor: Visitor) -> Response:
        """The old one is asked for, and guessing it is throttled: a session that was left open is no password."""
        sheet, form, now = self._sheet, visitor.form, self._sheet.clock()
        account = await self._hub.account(visitor.email)
        if account is None or visitor.login is None or visitor.login.in_file:
            return await self._refused(request, visitor, "kept", "Your password is kept in sentinel.yaml: change it there.")
        wait = self._throttle.wait(account.email, address_of(request), now)
        if wait > timedelta(0):
            why = f"Too many failed attempts. Try again in {length_words(wait)}."
            return await self._refused(request, visitor, "throttled", why)
        new = form.get("password", "")
        why = fault_of_password(new, account.email, account.name)
        if why or new != form.get("again", ""):
            why = why or "The two new passwords differ. Type the new one twice."
            return await self._refused(request, visitor, "invalid", why)
        self._throttle.failed(account.email, address_of(request), now)
        if not await sheet.logins.knows(account, form.get("old", "")):
            return await self._refused(request, visitor, "invalid", "The old password is not right.")
        self._throttle.succeeded(account.email, address_of(request))
        result = await self._hub.set_password(account.email, was=account.digest, digest=await sheet.logins.digest_of(new))
        if isinstance(result, Refused):
            return await self._refused(request, visitor, result.code, result.why)
        return await self._signed_in_anew(account.email, result.said)

    async def _signed_in_anew(self, email: str, words: str) -> Response:
        """Every session of the account has ended with the old password; whoever changed it goes on in a fresh one."""
        sheet, account = self._sheet, await self._hub.account(email)
        if account is None or not account.may_sign_in:
            return sheet.lead_on("/sign-in", "", "")
        token, session = sheet.logins.new_session(sheet.logins.of_account(account), sheet.clock())
        await self._hub.save_session(session)
        answer = sheet.lead_on("/profile", words, token)
        give_cookie(answer, token, https=sheet.https)
        return answer

    async def end_sessions(self, request: Request, visitor: Visitor) -> Response:
        """One session of one's own, named by its hash, or all others."""
        named, own = visitor.form.get("end", ""), token_hash(visitor.token)
        if named == "others":
            await self._hub.end_sessions(visitor.email, but=own)
            words = "You are signed in nowhere else any more."
        elif any(session.token_hash == named for session in await self._hub.sessions_of(visitor.email)):
            await self._hub.revoke_session(named)
            words = "That sign-in has ended."
        else:
            return self._sheet.lead_on("/profile", "That sign-in had ended already.", visitor.token)
        await self._hub.note_in_audit(Seen(do=Sight.SESSIONS_ENDED), visitor.name, visitor.email)
        return self._sheet.lead_on("/profile", words, visitor.token)

    async def _refused(self, request: Request, visitor: Visitor, code: str, why: str) -> Response:
        status = 429 if code == "throttled" else status_of(Refused(code=code, why=why))
        refusal = Refusal(at="password", why=sentence(why), form={})
        return await self._shown(request, visitor, status, refusal)

    async def _shown(self, request: Request, visitor: Visitor, status: int = 200, refusal: Refusal | None = None) -> Response:
        now = self._sheet.clock()
        alive = [session for session in await self._hub.sessions_of(visitor.email) if is_alive(session, now)]
        given = {"sessions": alive, "own": token_hash(visitor.token), "gives": GIVES, "refusal": refusal}
        return await self._sheet.frame.page(request, visitor, "profile.html", status, **given)
