"""Passwords, invitations and keys as they are kept."""

from datetime import timedelta

import pytest

from sentinel.serve.accounts.credentials import (
    SCRYPT_COST,
    digest_of,
    fault_of_password,
    invite,
    invited_until,
    is_invited_by,
    matches,
    new_key,
    sha256,
)
from tests.serve.world import NOW


def test_a_digest_says_how_it_was_made_and_two_of_one_password_differ() -> None:
    one, other = (digest_of("correct horse battery", 16).reveal() for _ in range(2))
    assert one.startswith("$scrypt$n=16,r=8,p=3$")
    assert one != other
    assert matches("correct horse battery", one)
    assert not matches("correct horse batterY", one)
    assert SCRYPT_COST == 2**15


@pytest.mark.parametrize(
    "digest", ["", "$scrypt$", "$scrypt$n=16,r=8,p=3$!$!", "$invited$" + "a" * 64 + "$1", "x$y$z", "plain"]
)
def test_what_is_no_digest_matches_nothing(digest: str) -> None:
    assert not matches("", digest)
    assert not matches(digest, digest)


def test_an_invitation_works_with_its_code_until_it_runs_out() -> None:
    invitation = invite(NOW)
    code, digest = invitation.code.reveal(), invitation.digest.reveal()
    assert code not in digest
    assert is_invited_by(f" {code} ", digest, NOW)
    assert not is_invited_by(invite(NOW).code.reveal(), digest, NOW)
    assert is_invited_by(code, digest, NOW + timedelta(hours=23, minutes=59))
    assert not is_invited_by(code, digest, NOW + timedelta(hours=24))
    assert invited_until(digest) == invitation.until
    assert not is_invited_by("", "", NOW)
    assert not matches(code, digest)


def test_a_key_is_kept_as_its_hash() -> None:
    key = new_key()
    assert key.token.reveal().startswith("sntl_")
    assert key.token_hash.reveal() == sha256(key.token.reveal())
    assert key.token.reveal() not in repr(key)


@pytest.mark.parametrize(
    "wrong", ["short", "x" * 1025, "nora@northwind.example", "NORA Blackwood", "aaaaaaaaaaaa", "abababababab"]
)
def test_a_password_that_guesses_itself_is_refused(wrong: str) -> None:
    assert fault_of_password(wrong, "nora@northwind.example", "Nora Blackwood")


def test_length_counts_and_composition_does_not() -> None:
    assert not fault_of_password("all lower case words", "nora@northwind.example", "Nora")
