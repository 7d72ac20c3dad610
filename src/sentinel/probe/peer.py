"""Peer: what the other side of a TLS connection shows: its certificates, the protocol and the cipher.

Pure but for reading a connection's own state. Belongs here: facts that every kind with TLS can give, and the words for a
certificate that was refused. Does not belong here: connecting (reach.py), libcurl's text of a chain (certificate.py).
"""

import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.probe import certificate

CHAIN_LIMIT: Final = 10
"""Certificates of a chain that are read."""
NAMES_KEPT: Final = 50
EXPIRED: Final = 10
"""OpenSSL's verify result."""

FACTS: Final[Mapping[str, FactType]] = {
    "certificate_days": "number", "certificate_expires_at": "text", "tls_version": "text", "cipher": "text",
}  # fmt: skip
"""What `connection` gives."""

Chain = Sequence[x509.Certificate]


def connection(secured: ssl.SSLObject | ssl.SSLSocket, now: datetime) -> dict[str, Fact]:
    """How a connection is secured, and how long the other side's own certificate holds."""
    facts: dict[str, Fact] = {"tls_version": secured.version() or "", "cipher": (secured.cipher() or ("",))[0]}
    der = secured.getpeercert(binary_form=True)
    return facts | (leaf(x509.load_der_x509_certificate(der), now) if der else {})


def leaf(shown: x509.Certificate, now: datetime) -> dict[str, Fact]:
    expires_at = shown.not_valid_after_utc
    return {"certificate_days": certificate.days_left(expires_at, now), "certificate_expires_at": _instant(expires_at)}


def whole(chain: Chain, now: datetime) -> dict[str, Fact]:
    """All that a chain tells, its first certificate's own facts and the chain's."""
    first = chain[0]
    ends_at = min(each.not_valid_after_utc for each in chain)
    return leaf(first, now) | {
        "names": ", ".join(names_of(first)[:NAMES_KEPT]),
        "issuer": spoken(first.issuer),
        "subject": spoken(first.subject),
        "serial": f"{first.serial_number:x}",
        "fingerprint": first.fingerprint(SHA256()).hex(),
        "chain_length": len(chain),
        "chain_days": certificate.days_left(ends_at, now),
        "chain_expires_at": _instant(ends_at),
    }


def shown(secured: ssl.SSLObject | ssl.SSLSocket, *, verified: bool) -> list[x509.Certificate]:
    """The chain: the verified one, up to the trusted authority, or as it was sent. ValueError for what is no certificate."""
    # Public from Python 3.13 on; before that the same methods are there on what lies beneath, and give objects.
    within: Any = secured if hasattr(secured, "get_unverified_chain") else secured._sslobj  # type: ignore[union-attr]
    found = (within.get_verified_chain() if verified else within.get_unverified_chain()) or []
    ders = [each if isinstance(each, bytes) else each.public_bytes(ssl._ssl.ENCODING_DER) for each in found]  # type: ignore[attr-defined]
    return [x509.load_der_x509_certificate(der) for der in ders[:CHAIN_LIMIT]]


def refused(chain: Chain, error: ssl.SSLCertVerificationError, name: str, now: datetime) -> str:
    """Why a certificate was refused, in the words that http uses, with the day or the names at fault."""
    at_fault = next((each for each in chain if each.not_valid_after_utc < now), None) if error.verify_code == EXPIRED else None
    told = at_fault or (chain[0] if chain else None)
    reason = certificate.fault(_fields(told), error.verify_code, error.verify_message, name)
    if at_fault is not None and at_fault is not chain[0]:
        return f"{reason}: not its own, but that of “{spoken(at_fault.subject)}” in its chain"
    return reason


def names_of(shown: x509.Certificate) -> list[str]:
    """The names and addresses that a certificate is for."""
    try:
        found = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    addresses = [str(each) for each in found.get_values_for_type(x509.IPAddress)]
    return [*found.get_values_for_type(x509.DNSName), *addresses]


def spoken(name: x509.Name) -> str:
    """A subject or issuer by its common name or its organization."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME):
        if found := name.get_attributes_for_oid(kind):
            return str(found[0].value)[:200]
    return name.rfc4514_string()[:200]


def _fields(shown: x509.Certificate | None) -> certificate.Chain:
    if shown is None:
        return ()
    days = [("Start date", shown.not_valid_before_utc), ("Expire date", shown.not_valid_after_utc)]
    names = ", ".join(f"DNS:{name}" for name in names_of(shown))
    return [[("X509v3 Subject Alternative Name", names), *((key, at.strftime("%b %d %H:%M:%S %Y GMT")) for key, at in days)]]


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
