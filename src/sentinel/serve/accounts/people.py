"""The pages of whoever keeps the accounts: who there is, making one, changing it, inviting, shutting out."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import GIVES, Account, Right, plain_email
from sentinel.model.command import Refused, SaveAccount
from sentinel.serve.accounts.credentials import Invitation, invite, invited_until
from sentinel.serve.accounts.sheet import MISSING, Refusal, Sheet, ticked
from sentinel.serve.gate import Gate, Visitor, ask
from sentinel.serve.port import status_of
from sentinel.serve.telling import sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """What the page shows once: to whom the code goes, and the code."""

    name: str
    email: str
    invitation: Invitation


class People:
    """Its pages. `routes` declares each with what it needs."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._hub = sheet.hub

    def routes(self, gate: Gate) -> list[Route]:
        admin = Right.ADMIN
        return [
            gate.route("GET", "/accounts", admin, self.page),
            gate.route("POST", "/accounts", admin, self.make),
            gate.route("GET", "/accounts/{email}", admin, self.one),
            gate.route("POST", "/accounts/{email}", admin, self.change),
            gate.route("POST", "/accounts/{email}/invitation", admin, self.invite),
            gate.route("POST", "/accounts/{email}/standing", admin, self.set_standing),
        ]

    async def page(self, request: Request, visitor: Visitor) -> Response:
        return await self._list(request, visitor)

    async def one(self, request: Request, visitor: Visitor) -> Response:
        return await self._one(request, visitor, await self._named(request))

    async def make(self, request: Request, visitor: Visitor) -> Response:
        form, invitation = visitor.form, invite(self._sheet.clock())
        email, name = plain_email(form.get("email", "")), form.get("name", "").strip()
        command = SaveAccount(email=email, name=name, roles=ticked(form, "role"), digest=invitation.digest)
        if await self._hub.account(email) is not None:
            why = f"{email} has an account already: change that one."
            return await self._list(request, visitor, Refused(code="there_already", why=why))
        result = await ask(self._hub, visitor, command)
        if isinstance(result, Refused):
            return await self._list(request, visitor, result)
        return await self._list(request, visitor, invited=Invited(name=name, email=email, invitation=invitation))

    async def change(self, request: Request, visitor: Visitor) -> Response:
        account, form = await self._named(request), visitor.form
        name, out = form.get("name", "").strip(), account.disabled_at is not None
        command = SaveAccount(email=account.email, name=name, roles=ticked(form, "role"), disabled=out)
        return await self._change(request, visitor, account, command, "change")

    async def invite(self, request: Request, visitor: Visitor) -> Response:
        account, invitation = await self._named(request), invite(self._sheet.clock())
        if account.disabled_at is not None:
            why = "Somebody who is shut out cannot be invited: let them in first."
            return await self._one(request, visitor, account, Refused(code="shut_out", why=why), "invitation")
        command = SaveAccount(email=account.email, name=account.name, roles=account.roles, digest=invitation.digest)
        result = await ask(self._hub, visitor, command)
        if isinstance(result, Refused):
            return await self._one(request, visitor, account, result, "invitation")
        invited = Invited(name=account.name, email=account.email, invitation=invitation)
        return await self._list(request, visitor, invited=invited)

    async def set_standing(self, request: Request, visitor: Visitor) -> Response:
        account = await self._named(request)
        out = visitor.form.get("standing") == "out"
        command = SaveAccount(email=account.email, name=account.name, roles=account.roles, disabled=out)
        return await self._change(request, visitor, account, command, "standing")

    async def _change(self, request: Request, visitor: Visitor, account: Account, command: SaveAccount, at: str) -> Response:
        result = await ask(self._hub, visitor, command)
        if isinstance(result, Refused):
            return await self._one(request, visitor, account, result, at)
        back = f"/accounts/{quote(account.email, safe='@')}"
        return self._sheet.lead_on(back, sentence(result.said), visitor.token)

    async def _named(self, request: Request) -> Account:
        found = await self._hub.account(request.path_params["email"])
        if found is None:
            raise HTTPException(404, MISSING)
        return found

    async def _list(
        self, request: Request, visitor: Visitor, refused: Refused | None = None, invited: Invited | None = None
    ) -> Response:
        house = self._hub.installation
        return await self._sheet.frame.page(
            request,
            visitor,
            "accounts.html",
            status_of(refused) if refused else 200,
            in_file=house.logins,
            kept=[(account, invited_until(account.digest)) for account in await self._hub.accounts()],
            gives=GIVES,
            refusal=Refusal(at="make", why=sentence(refused.why), form=visitor.form) if refused else None,
            ticked=ticked(visitor.form, "role") if refused else (),
            invited=invited,
            url=house.url,
        )

    async def _one(
        self, request: Request, visitor: Visitor, account: Account, refused: Refused | None = None, at: str = ""
    ) -> Response:
        return await self._sheet.frame.page(
            request,
            visitor,
            "account.html",
            status_of(refused) if refused else 200,
            account=account,
            until=invited_until(account.digest),
            gives=GIVES,
            refusal=Refusal(at=at, why=sentence(refused.why), form=visitor.form) if refused else None,
            ticked=ticked(visitor.form, "role") if at == "change" else account.roles,
        )
