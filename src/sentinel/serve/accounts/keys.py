"""The page of programs' keys: which there are, making one (shown once), ending one."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import OPENS, Right
from sentinel.model.command import MakeToken, Refused, RevokeToken
from sentinel.serve.accounts.credentials import Key, new_key
from sentinel.serve.accounts.sheet import Refusal, Sheet, ticked
from sentinel.serve.gate import Gate, Visitor, ask
from sentinel.serve.port import status_of
from sentinel.serve.telling import sentence

LASTS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}
"""What the form offers: days → words."""


class Keys:
    """Its pages. `routes` declares each with what it needs."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._hub = sheet.hub

    def routes(self, gate: Gate) -> list[Route]:
        admin = Right.ADMIN
        return [
            gate.route("GET", "/tokens", admin, self.page),
            gate.route("POST", "/tokens", admin, self.make),
            gate.route("POST", "/tokens/{id:int}/revoke", admin, self.revoke),
        ]

    async def page(self, request: Request, visitor: Visitor) -> Response:
        return await self._shown(request, visitor)

    async def make(self, request: Request, visitor: Visitor) -> Response:
        form, key = visitor.form, new_key()
        days = form.get("lasts", "90")
        if days not in LASTS:
            return await self._shown(request, visitor, Refused(code="invalid", why="Choose how long it lasts."))
        command = MakeToken(
            name=form.get("name", "").strip(),
            token_hash=key.token_hash,
            rights=ticked(form, "right"),
            expires_at=self._sheet.clock() + timedelta(days=int(days)) if days else None,
        )
        result = await ask(self._hub, visitor, command)
        if isinstance(result, Refused):
            return await self._shown(request, visitor, result)
        return await self._shown(request, visitor, made=(command.name, key))

    async def revoke(self, request: Request, visitor: Visitor) -> Response:
        result = await ask(self._hub, visitor, RevokeToken(token=request.path_params["id"]))
        if isinstance(result, Refused):
            return await self._shown(request, visitor, result)
        return self._sheet.lead_on("/tokens", sentence(result.said), visitor.token)

    async def _shown(
        self, request: Request, visitor: Visitor, refused: Refused | None = None, made: tuple[str, Key] | None = None
    ) -> Response:
        refusal = Refusal(at="make", why=sentence(refused.why), form=visitor.form) if refused else None
        return await self._sheet.frame.page(
            request,
            visitor,
            "tokens.html",
            status_of(refused) if refused else 200,
            tokens=await self._hub.tokens(),
            opens=OPENS,
            lasts=LASTS,
            refusal=refusal,
            ticked=ticked(visitor.form, "right") if refused else (),
            made=made,
            at=self._sheet.clock(),
        )
