"""Curlcode: libcurl's numbers for how a transfer ended (CURLcode in its curl.h, which promises never to renumber them).

Written out, under pycurl's names without their E_, because a hub knows every kind for what people write, and would load libcurl
with its own OpenSSL for nothing but these. tests/probe/test_trouble.py holds them against pycurl.
"""

from typing import Final

UNSUPPORTED_PROTOCOL: Final = 1
URL_MALFORMAT: Final = 3
COULDNT_RESOLVE_PROXY: Final = 5
COULDNT_RESOLVE_HOST: Final = 6
COULDNT_CONNECT: Final = 7
FTP_WEIRD_SERVER_REPLY: Final = 8
HTTP2: Final = 16
PARTIAL_FILE: Final = 18
OUT_OF_MEMORY: Final = 27
OPERATION_TIMEDOUT: Final = 28
SSL_CONNECT_ERROR: Final = 35
INTERFACE_FAILED: Final = 45
GOT_NOTHING: Final = 52
SEND_ERROR: Final = 55
RECV_ERROR: Final = 56
SSL_CERTPROBLEM: Final = 58
PEER_FAILED_VERIFICATION: Final = 60
BAD_CONTENT_ENCODING: Final = 61
SSL_CACERT_BADFILE: Final = 77
SSL_SHUTDOWN_FAILED: Final = 80
SSL_ISSUER_ERROR: Final = 83
SSL_INVALIDCERTSTATUS: Final = 91
HTTP2_STREAM: Final = 92
HTTP3: Final = 95
QUIC_CONNECT: Final = 96
PROXY: Final = 97
SSL_CLIENTCERT: Final = 98
TOO_LARGE: Final = 100
