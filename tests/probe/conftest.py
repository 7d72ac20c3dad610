"""Certificates of an authority of the tests' own, good and bad, as contexts for servers."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme


class Authority:
    """Issues certificates and tells where its own lies."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.path = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(self.path))

    def context(self, *names: str, not_after: datetime | None = None, stranger: bool = False) -> ssl.SSLContext:
        issuer = trustme.CA() if stranger else self.ca
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        start = datetime.now(UTC) - timedelta(days=400) if not_after else None
        issuer.issue_cert(*names, not_before=start, not_after=not_after).configure_cert(made)
        return made


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
