"""The first account of a hub that nobody can sign in to: whoever can read the file beside the store may make it, once."""

import hmac
import logging
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection

from sentinel.model.account import Account, Role, fault_of_email, fault_of_name, plain_email
from sentinel.model.command import Done, Refused, Result
from sentinel.model.secret import Secret
from sentinel.run.audit import write_seen
from sentinel.run.reads import Reads
from sentinel.serve.accounts.port import Seen, Sight
from sentinel.store import accounts, tables

log = logging.getLogger(__name__)
FIRST_ROLES = (Role.LEAD, Role.ADMIN)


class FirstRun(Reads):
    """The first run's part of the port. The token lies in `<store>.first` and nowhere else, so that ending the file ends it."""

    async def first_run_is_open(self) -> bool:
        return self._first_file.exists() and await self._read(self._nobody)

    async def first_run(self, token: str, *, email: str, name: str, digest: Secret) -> Result:
        now, plain = self.clock.now(), plain_email(email)
        why = fault_of_email(plain) or fault_of_name(name)

        def make(c: Connection) -> Result:
            there = self._first_token()
            if not there or not self._nobody(c):
                return Refused(code="unknown", why="The first account was made already.")
            if not hmac.compare_digest(there.encode(), token.strip().encode("utf-8", "surrogatepass")):
                return Refused(code="token", why=f"That is not the token in {self._first_file.name}, beside the store.")
            if why:
                return Refused(code="invalid", why=why)
            made = Account(
                email=plain, name=name.strip(), roles=FIRST_ROLES, digest=digest.reveal(), made_at=now, changed_at=now
            )
            accounts.put(c, made)
            write_seen(c, Seen(do=Sight.FIRST_RUN), made.name, plain, now)
            return Done(said="The first account is made.")

        result = await self._write_in_turn(make)
        if isinstance(result, Done):
            self._first_file.unlink(missing_ok=True)
        return result

    async def begin_first_run(self) -> None:
        """At the start: leave a fresh token where nobody can sign in yet, else take away what an earlier start left."""
        self._first_file.unlink(missing_ok=True)
        if not await self._read(self._nobody):
            return
        fresh = os.open(self._first_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fresh, "w") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n\n")
            file.write(f"Open {self.installation.url}/first-run and paste the line above: it makes the first account, once.\n")
        log.warning("nobody can sign in yet: %s says how to make the first account", self._first_file)

    @property
    def _first_file(self) -> Path:
        return Path(f"{self.store.path}.first")

    def _first_token(self) -> str:
        try:
            return self._first_file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except OSError:
            return ""

    def _nobody(self, c: Connection) -> bool:
        there = c.execute(tables.account.select().limit(1)).one_or_none()
        return not self.installation.logins and there is None
