"""Trust: the authorities whose certificates probes believe, where a check names none of its own."""

import os
from functools import cache
from typing import Final

_BUNDLES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


@cache
def bundle() -> str | None:
    """The authorities to trust: those that the environment names, certifi's, the system's; None leaves it to libcurl."""
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        if path := os.environ.get(name):
            return path
    try:
        import certifi  # not a dependency of ours: used when something else has brought it

        return certifi.where()
    except ImportError:
        return next((path for path in _BUNDLES if os.path.exists(path)), None)
