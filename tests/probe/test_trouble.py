"""Whose trouble a libcurl error is, by table."""

import errno

import pycurl
import pytest

from sentinel.probe import curlcode, trouble
from sentinel.probe.trouble import Failure, Whose, blame

LATE = pycurl.E_OPERATION_TIMEDOUT


def failure(
    code: int, number: int = 0, phase: str = trouble.CONNECTING, message: str = "", redirected: bool = False
) -> Failure:
    connected = phase in (trouble.FIRST_BYTE, trouble.BODY)
    return Failure(
        code=code, message=message, errno=number, phase=phase, seconds=2.0, host="pay.example",
        connected=connected, redirected=redirected,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failed", "whose", "reason"),
    [
        (failure(pycurl.E_COULDNT_CONNECT, errno.ECONNREFUSED), Whose.THEIRS, "connection refused"),
        (failure(pycurl.E_COULDNT_CONNECT, errno.EHOSTUNREACH), Whose.THEIRS, "no route to the host"),
        (failure(pycurl.E_COULDNT_CONNECT), Whose.THEIRS, "no connection"),
        (failure(pycurl.E_COULDNT_CONNECT, errno.EMFILE), Whose.OURS, "no file descriptors left"),
        (failure(pycurl.E_COULDNT_CONNECT, errno.EADDRNOTAVAIL), Whose.OURS, "no free local port or address"),
        (failure(pycurl.E_COULDNT_CONNECT, errno.ENETDOWN), Whose.OURS, "our network interface is down"),
        (failure(pycurl.E_COULDNT_CONNECT, errno.EPERM), Whose.OURS, "our own system forbids the connection"),
        (failure(pycurl.E_COULDNT_CONNECT, errno.ENETUNREACH), Whose.ROUTE, "no route to the network of pay.example"),
        (failure(pycurl.E_COULDNT_RESOLVE_HOST), Whose.RESOLVER, "the name pay.example was not found"),
        (failure(LATE, phase=trouble.FIRST_BYTE),
         Whose.THEIRS, "timed out after 2.0 s while waiting for the first byte"),
        (failure(LATE, phase=trouble.LOOKING_UP),
         Whose.RESOLVER, "timed out after 2.0 s while looking up the name"),
        (failure(pycurl.E_RECV_ERROR, errno.ECONNRESET, trouble.FIRST_BYTE),
         Whose.THEIRS, "connection reset while waiting for the first byte"),
        (failure(pycurl.E_RECV_ERROR, errno.ENOBUFS), Whose.OURS, "no network buffers left"),
        (failure(pycurl.E_RECV_ERROR, errno.ECONNREFUSED, trouble.BODY, message="Recv failure"),
         Whose.THEIRS, "the connection broke while receiving: Recv failure"),
        (failure(pycurl.E_RECV_ERROR, errno.EADDRNOTAVAIL, trouble.BODY, message="Recv failure"),
         Whose.THEIRS, "the connection broke while receiving: Recv failure"),
        (failure(pycurl.E_RECV_ERROR, errno.ECONNREFUSED, trouble.FIRST_BYTE,
                 "OpenSSL SSL_read: OpenSSL/3.6.5: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0"),
         Whose.THEIRS, "the server asks for a client certificate"),
        (failure(pycurl.E_RECV_ERROR, 0, trouble.FIRST_BYTE,
                 "OpenSSL SSL_read: OpenSSL/3.6.5: error:0A000418:SSL routines::tlsv1 alert unknown ca, errno 0"),
         Whose.THEIRS, "the server ended TLS: unknown ca"),
        (failure(pycurl.E_SSL_CONNECT_ERROR, errno.ECONNREFUSED, trouble.HANDSHAKE, message="ssl/tls alert handshake failure"),
         Whose.THEIRS, "no TLS connection: ssl/tls alert handshake failure"),
        (failure(pycurl.E_GOT_NOTHING), Whose.THEIRS, "the connection was closed without an answer"),
        (failure(pycurl.E_SSL_CONNECT_ERROR, message="TLS connect error: error:0A00010B:SSL routines::wrong version number"),
         Whose.THEIRS, "no TLS connection: wrong version number"),
        (failure(pycurl.E_UNSUPPORTED_PROTOCOL, phase=trouble.FIRST_BYTE), Whose.THEIRS, "the answer is not HTTP"),
        (failure(pycurl.E_URL_MALFORMAT, phase="", redirected=True),
         Whose.THEIRS, "redirected to an address that cannot be followed"),
        (failure(pycurl.E_URL_MALFORMAT, phase=""), Whose.OURS, "the probe failed with libcurl error 3"),
        (failure(pycurl.E_OUT_OF_MEMORY), Whose.OURS, "no memory left"),
        (failure(pycurl.E_SSL_CACERT_BADFILE), Whose.OURS, "the certificate bundle cannot be read"),
        (failure(12345), Whose.OURS, "the probe failed with libcurl error 12345"),
    ],
)  # fmt: skip
def test_blame(failed: Failure, whose: Whose, reason: str) -> None:
    blamed = blame(failed)
    assert (blamed.whose, blamed.reason) == (whose, reason)


@pytest.mark.parametrize("code", range(200))
def test_what_is_not_listed_as_theirs_is_never_held_against_them(code: int) -> None:
    listed = {code for table in (trouble._THEIR_CODES,) for code in table} | {
        pycurl.E_COULDNT_CONNECT, LATE, pycurl.E_COULDNT_RESOLVE_HOST,
    }  # fmt: skip
    if code not in listed:
        assert blame(failure(code)).whose is Whose.OURS


def test_the_numbers_that_are_written_out_are_pycurls() -> None:
    written = {name: number for name, number in vars(curlcode).items() if name.isupper()}
    named = {name: getattr(pycurl, f"E_{name}") for name in written if hasattr(pycurl, f"E_{name}")}
    assert len(named) > 20
    assert written | named == written
