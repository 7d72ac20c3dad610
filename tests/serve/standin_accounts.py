"""The stand-in's accounts, tokens and audit, with the few rules that the pages must show the refusals of."""

from dataclasses import replace

from sentinel.model import command as ask
from sentinel.model.account import Account, ApiToken, Right, Role, plain_email
from sentinel.model.command import Command, Done, Refused, Result
from sentinel.model.secret import Secret
from sentinel.serve.accounts.port import AuditEntry, AuditPage, Seen, Session
from tests.serve import world

FIRST_TOKEN = "first-run-token-of-the-tests"


class AccountsStandIn:
    """Part of MemoryHub. `noted` is what was seen beside commands; `lines` what the audit shows."""

    sessions: dict[str, Session]
    writes: int

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Account] = {}
        self.programs: dict[str, ApiToken] = {}
        self.noted: list[tuple[Seen, str, str]] = []
        self.lines: list[AuditEntry] = []
        self.first_token = ""

    def of_accounts(self, command: Command, who: str) -> Result | None:
        """Carries out what is about accounts and tokens; None for anything else."""
        match command:
            case ask.SaveAccount():
                return self._save(command)
            case ask.MakeToken():
                number = len(self.programs) + 1
                self.programs[command.token_hash.reveal()] = ApiToken(
                    id=number, name=command.name, token_hash=command.token_hash.reveal(), made_by=who, made_at=world.NOW,
                    rights=tuple(Right(right) for right in command.rights), expires_at=command.expires_at,
                )  # fmt: skip
                return Done(said=f"Token {number} is made.")
            case ask.RevokeToken(token=number):
                for key, kept in self.programs.items():
                    if kept.id == number:
                        self.programs[key] = replace(kept, revoked_at=world.NOW)
                        return Done(said=f"Token {number} opens nothing any more.")
                return Refused(code="unknown", why=f"There is no token {number}.")
        return None

    def _save(self, command: ask.SaveAccount) -> Result:
        email = plain_email(command.email)
        was = self.kept.get(email)
        if "@" not in email:
            return Refused(code="invalid", why="That is not an e-mail address: write it as lena@example.com.")
        if was and Role.ADMIN in was.roles and not was.disabled_at and (command.disabled or "admin" not in command.roles):
            return Refused(code="last_admin", why=f"{email} is the last admin: make somebody else admin first.")
        self.kept[email] = Account(
            email=email,
            name=command.name,
            roles=tuple(Role(role) for role in command.roles),
            digest=command.digest.reveal() or (was.digest if was else ""),
            made_at=was.made_at if was else world.NOW,
            changed_at=world.NOW,
            disabled_at=world.NOW if command.disabled else None,
        )
        return Done(said=f"{email} is {'changed' if was else 'made'}.")

    async def accounts(self) -> tuple[Account, ...]:
        return tuple(self.kept.values())

    async def account(self, email: str) -> Account | None:
        return self.kept.get(plain_email(email))

    async def tokens(self) -> tuple[ApiToken, ...]:
        return tuple(self.programs.values())

    async def find_token(self, token_hash: str) -> ApiToken | None:
        found = self.programs.get(token_hash)
        return found if found and found.is_alive(world.NOW) else None

    async def audit(self, *, before: int | None, limit: int, account: str = "", incident: int | None = None) -> AuditPage:
        assert 1 <= limit <= 500
        found = [
            line
            for line in sorted(self.lines, key=lambda line: -line.id)
            if (before is None or line.id < before)
            and account in ("", line.account)
            and (incident is None or f'"incident":{incident}' in line.command)
        ]
        return AuditPage(entries=tuple(found[:limit]), next=found[limit - 1].id if len(found) > limit else None)

    async def note_in_audit(self, seen: Seen, who: str, account: str = "") -> None:
        self.noted.append((seen, who, account))

    async def set_password(self, email: str, *, was: str, digest: Secret) -> Result:
        self.writes += 1
        there = self.kept.get(plain_email(email))
        if there is None or there.disabled_at or there.digest != was:
            return Refused(code="changed", why="This account was changed meanwhile. Begin again.")
        self.kept[there.email] = replace(there, digest=digest.reveal())
        await self.end_sessions(email)
        return Done(said="The new password holds from now on.")

    async def sessions_of(self, email: str) -> tuple[Session, ...]:
        mine = (session for session in self.sessions.values() if session.email == plain_email(email))
        return tuple(sorted(mine, key=lambda session: session.made_at, reverse=True))

    async def end_sessions(self, email: str, *, but: str = "") -> None:
        self.writes += 1
        for session in await self.sessions_of(email):
            if session.token_hash != but:
                del self.sessions[session.token_hash]

    async def first_run_is_open(self) -> bool:
        return bool(self.first_token)

    async def first_run(self, token: str, *, email: str, name: str, digest: Secret) -> Result:
        if not self.first_token:
            return Refused(code="unknown", why="The first account was made already.")
        if token != self.first_token:
            return Refused(code="token", why="That is not the token in sentinel.db.first, beside the store.")
        self.writes += 1
        self.first_token = ""
        self._save(ask.SaveAccount(email=email, name=name, roles=("lead", "admin"), digest=digest))
        return Done(said="The first account is made.")
