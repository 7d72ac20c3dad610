"""`sentinel user` and `sentinel token` against a hub that really listens."""

import json
from collections.abc import Callable
from datetime import timedelta

from click.testing import Result

from sentinel.model.account import Right, Role
from sentinel.serve.accounts.credentials import is_invited_by, sha256
from tests.cli.conftest import Running
from tests.serve import world

Sentinel = Callable[..., Result]


def test_an_account_is_made_with_a_code_that_works_and_no_password_is_typed(sentinel: Sentinel, running: Running) -> None:
    answer = sentinel("user", "add", "nora@northwind.example", "--name", "Nora", "--role", "desk", "--role", "admin")
    assert answer.exit_code == 0, answer.output
    nora = running.hub.kept["nora@northwind.example"]
    assert set(nora.roles) == {Role.DESK, Role.ADMIN}
    code = answer.output.partition("shown this once: ")[2].split()[0]
    assert is_invited_by(code, nora.digest, world.NOW)
    assert "desk" in sentinel("user", "list").output
    assert "in sentinel.yaml" in sentinel("user", "list").output


def test_roles_standing_and_invitations_are_changed(sentinel: Sentinel, running: Running) -> None:
    sentinel("user", "add", "nora@northwind.example", "--name", "Nora", "--role", "desk")
    assert sentinel("user", "roles", "nora@northwind.example", "viewer", "owner").exit_code == 0
    assert set(running.hub.kept["nora@northwind.example"].roles) == {Role.VIEWER, Role.OWNER}
    before = running.hub.kept["nora@northwind.example"].digest
    assert sentinel("user", "invite", "nora@northwind.example").exit_code == 0
    assert running.hub.kept["nora@northwind.example"].digest != before
    assert "is shut out" in sentinel("user", "disable", "nora@northwind.example").output
    assert running.hub.kept["nora@northwind.example"].disabled_at is not None
    assert "may sign in as" in sentinel("user", "enable", "nora@northwind.example").output
    assert sentinel("user", "disable", "ghost@northwind.example").exit_code == 1


def test_a_token_is_printed_once_and_kept_as_a_hash(sentinel: Sentinel, running: Running) -> None:
    answer = sentinel("token", "make", "board", "--right", "read", "--days", "30", "--json")
    assert answer.exit_code == 0, answer.output
    token = json.loads(answer.stdout)["token"]
    kept = running.hub.programs[sha256(token)]
    assert token.startswith("sntl_")
    assert (kept.rights, kept.expires_at) == ((Right.READ,), world.NOW + timedelta(days=30))
    listed = sentinel("token", "list").output
    assert "board" in listed
    assert token not in listed
    assert sentinel("token", "revoke", str(kept.id)).exit_code == 0
    assert running.hub.programs[sha256(token)].revoked_at is not None
