"""Authority: the company's own certificate authority, which nobody but its checks trusts, and the certificates it signs.

Belongs here: keys, certificates and the TLS contexts of servers. Does not belong here: who listens with which (services.py).
Keys are made anew for each demo and never leave its folder; only the authority's own certificate is written for others to read.
"""

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sentinel.demo.door import HOST

YEARS: Final = timedelta(days=3650)
VALID: Final = timedelta(days=90)
SOON: Final = timedelta(days=5)
"""Under the 14 days that the example's checks call calm."""
PAST: Final = timedelta(days=-1)
BEFORE: Final = timedelta(days=60)
"""How long ago every certificate became valid, so that one that has expired was once good."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contexts:
    """What a service may listen with: a certificate that holds, one that runs out soon, and one that has run out."""

    valid: ssl.SSLContext
    expiring: ssl.SSLContext
    expired: ssl.SSLContext


class Authority:
    """Made at `now`. `certificate` is its own, as PEM: what a check's `ca` names a file of."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Northwind demo authority")
        made = self._builder(self._name, self._key.public_key(), YEARS)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        made = made.add_extension(_usage(signs=True), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
        self.certificate: bytes = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def contexts(self, service: str) -> Contexts:
        """All that one service needs, for one key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        with tempfile.TemporaryDirectory(prefix="sentinel-demo-") as made:
            place = Path(made)
            valid, expiring, expired = (self._context(service, key, ends_in, place) for ends_in in (VALID, SOON, PAST))
        return Contexts(valid=valid, expiring=expiring, expired=expired)

    def _context(self, service: str, key: ec.EllipticCurvePrivateKey, ends_in: timedelta, place: Path) -> ssl.SSLContext:
        """By way of a file, since the standard library takes keys from nowhere else; it is gone when we return."""
        builder = self._builder(_named(f"{service}.northwind.example"), key.public_key(), ends_in)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST)), x509.DNSName("localhost")])
        builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        signed = builder.add_extension(issuer, critical=False).sign(self._key, hashes.SHA256())
        file = place / "server.pem"
        file.touch(mode=0o600)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + signed.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(file)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, ends_in: timedelta) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key,
            serial_number=x509.random_serial_number(),
            not_valid_before=self._now - BEFORE,
            not_valid_after=self._now + ends_in,
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
