"""What blackbox_exporter's own tests of its probers ask, written anew as data: a module, a server, what comes of it.

`theirs`: whether its probe succeeds. `ours`: the same here; None: the module is refused when it is read, and `why` says it.
`server` names one of tests/exchange/targets.py. Cases that test its own plumbing (registries, logs, config structs), and those
that need the open internet, are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    about: str
    """The test of theirs."""
    name: str
    prober: str = "http"
    asks: Mapping[str, Any] = field(default_factory=dict)
    """What stands under the prober in the module."""
    server: str
    theirs: bool
    ours: bool | None
    why: str = ""
    """Why ours is not theirs, or refused."""

    @property
    def module(self) -> dict[str, Any]:
        return {"prober": self.prober, "timeout": "2s", self.prober: dict(self.asks)}

    @property
    def agrees(self) -> bool:
        return self.ours == self.theirs


THERE: Final = "a header is asked for what it holds, not whether it is there"
HTTP3: Final = "Sentinel does not speak HTTP/3; there too the configuration is refused"
CONVERSATION: Final = (
    "there is no conversation over TCP but STARTTLS of smtp, imap and pop3; `smtp` and `websocket` are kinds of their own"
)
RECORDS: Final = "a text is looked for in what the answers say, not in whole records with their times to live"
SECTIONS: Final = "only the answer section is looked at"


def _statuses() -> list[Case]:
    several: list[tuple[int, list[int], bool]] = [
        (200, [], True), (201, [], True), (299, [], True), (300, [], False), (404, [], False), (404, [200, 404], True),
        (200, [200, 404], True), (201, [200, 404], False), (404, [404], True), (200, [404], False),
    ]  # fmt: skip
    return [
        Case(about="TestHTTPStatusCodes", name=f"{got}, wanted {wanted or '2xx'}", asks={"valid_status_codes": wanted},
             server=f"status {got}", theirs=good, ours=good)
        for got, wanted, good in several
    ]  # fmt: skip


def _versions() -> list[Case]:
    one, two, three = "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"
    several: list[tuple[list[str], bool, bool | None]] = [
        ([], True, True), ([one], True, True), ([one, two], True, True), ([one, two, three], False, None),
        ([two], False, False), ([three], False, None),
    ]  # fmt: skip
    return [
        Case(about="TestValidHTTPVersion", name=", ".join(wanted) or "any", asks={"valid_http_versions": wanted},
             server="plain", theirs=theirs, ours=ours, why=HTTP3 if ours is None else "")
        for wanted, theirs, ours in several
    ]  # fmt: skip


def _bodies() -> list[Case]:
    bad, news = "could not connect to database", "Download the latest version here"
    several: list[tuple[str, str, list[str], str, bool]] = [
        ("matches", "one text, there", [bad], "body database", False),
        ("matches", "one text, not there", [bad], "body download", True),
        ("matches", "two texts, one there", [bad, "internal error"], "body internal", False),
        ("matches", "two texts, neither there", [bad, "internal error"], "body hello", True),
        ("not_matches", "one text, not there", [news], "body database", False),
        ("not_matches", "one text, there", [news], "body download", True),
        ("not_matches", "two texts, one there", [news, "Copyright 2015"], "body download", False),
        ("not_matches", "two texts, both there", [news, "Copyright 2015"], "body copyright", True),
    ]
    tests = {"matches": "TestFailIfBodyMatchesRegexp", "not_matches": "TestFailIfBodyNotMatchesRegexp"}
    return [
        Case(about=tests[how], name=name, asks={f"fail_if_body_{how}_regexp": texts}, server=server, theirs=good, ours=good)
        for how, name, texts, server, good in several
    ]


def _cel() -> list[Case]:
    several: list[tuple[str, str, str, str, bool]] = [
        ("matches", "it holds", "body.foo.bar == 'baz'", "json baz", False),
        ("matches", "it does not hold", "body.foo.bar == 'qux'", "json baz", True),
        ("matches", "an empty object", "body.foo.bar == 'qux'", "json empty", False),
        ("matches", "no yes or no", "body.foo.bar", "json baz", False),
        ("matches", "no JSON", "body.foo.bar == 'baz'", "body hello", False),
        ("matches", "a list", "body[2] == 'baz'", "json list", False),
        ("not_matches", "it holds", "body.foo.bar == 'baz'", "json baz", True),
        ("not_matches", "it does not hold", "body.foo.bar == 'qux'", "json baz", False),
        ("not_matches", "an empty object", "body.foo.bar == 'qux'", "json empty", False),
        ("not_matches", "no JSON", "body.foo.bar == 'baz'", "body hello", False),
    ]
    tests = {"matches": "TestFailIfBodyMatchesCEL", "not_matches": "TestFailIfBodyNotMatchesCEL"}
    return [
        Case(about=tests[how], name=name, asks={f"fail_if_body_json_{how}_cel": said}, server=server, theirs=good, ours=good)
        for how, name, said, server, good in several
    ]  # fmt: skip


def _headers() -> list[Case]:
    cookie = ".*Domain=\\.example\\.com.*"
    lacks: list[tuple[str, str, bool, bool]] = [
        ("text/javascript", "header script", False, False), ("text/javascript", "header octets", False, True),
        ("text/javascript", "no header", False, False), ("text/javascript", "no header", True, True),
        (".*", "header empty", False, False), (".*", "no header", False, False), (".*", "header empty", True, False),
        (".*", "no header", True, True), (cookie, "cookie ours", False, False), (cookie, "cookies both", False, False),
    ]  # fmt: skip
    has: list[tuple[str, str, bool, bool, bool | None]] = [
        ("text/javascript", "header script", False, True, True), ("text/javascript", "header octets", False, False, False),
        ("text/javascript", "no header", True, True, True), ("text/javascript", "header octets", True, False, False),
        (".*", "header empty", False, True, None), (".*", "no header", False, False, None),
        (".*", "no header", True, True, None),
        (cookie, "cookie other", False, False, False), (cookie, "cookies both", False, True, True),
    ]  # fmt: skip
    made: list[Case] = []
    for text, server, missing, good in lacks:
        rule = {"header": "Set-Cookie" if text == cookie else "Content-Type", "regexp": text, "allow_missing": missing}
        made.append(
            Case(about="TestFailIfHeaderMatchesRegexp", name=f"`{text}`, {server}{', may be missing' if missing else ''}",
                 asks={"fail_if_header_matches": [rule]}, server=server, theirs=good, ours=None if text == ".*" else good,
                 why=THERE if text == ".*" else "")
        )  # fmt: skip
    for text, server, missing, good, ours in has:
        rule = {"header": "Set-Cookie" if text == cookie else "Content-Type", "regexp": text, "allow_missing": missing}
        made.append(
            Case(about="TestFailIfHeaderNotMatchesRegexp", name=f"`{text}`, {server}{', may be missing' if missing else ''}",
                 asks={"fail_if_header_not_matches": [rule]}, server=server, theirs=good, ours=ours,
                 why="" if ours is not None else THERE)
        )  # fmt: skip
    return made


def _requests() -> list[Case]:
    redirects = "at most 3 redirects are followed, there 10"
    return [
        Case(about="TestRedirectFollowed", name="one redirect", server="redirect once", theirs=True, ours=True),
        Case(about="TestRedirectNotFollowed", name="302 is wanted", server="redirect once",
             asks={"follow_redirects": False, "valid_status_codes": [302]}, theirs=True, ours=True),
        Case(about="TestRedirectionLimit", name="redirects without an end", server="redirect for ever", theirs=False,
             ours=False, why=redirects),
        Case(about="TestCookieJar", name="a cookie on the way", server="cookie on the way", theirs=True, ours=True),
        Case(about="TestPost", name="POST", server="wants POST", asks={"method": "POST"}, theirs=True, ours=True),
        Case(about="TestBasicAuth", name="name and password", server="wants basic",
             asks={"basic_auth": {"username": "username", "password": "password"}}, theirs=True, ours=True),
        Case(about="TestBearerToken", name="a token", server="wants bearer",
             asks={"authorization": {"type": "Bearer", "credentials": "mysecret"}}, theirs=True, ours=True),
        Case(about="TestHTTPHeaders", name="Host, User-Agent and another", server="wants headers",
             asks={"headers": {"Host": "my-secret-vhost.com", "User-Agent": "unsuspicious-user", "Accept-Language": "en-US"}},
             theirs=True, ours=True),
        Case(about="TestBody", name="a text", server="wants body", asks={"method": "POST", "body": "Test Body"}, theirs=True,
             ours=True),
        Case(about="TestBody", name="a file", server="wants body", asks={"body_file": "/tmp/body.txt"}, theirs=True, ours=None,
             why="a body is written in the check, and not read from a file"),
    ]  # fmt: skip


def _secured() -> list[Case]:
    return [
        Case(about="TestFailIfNotSSL", name="plain, TLS is wanted", server="plain", asks={"fail_if_not_ssl": True},
             theirs=False, ours=False),
        Case(about="TestFailIfNotSSLLogMsg", name="plain, TLS is not wanted", server="plain", asks={"fail_if_not_ssl": False},
             theirs=True, ours=True),
        Case(about="TestFailIfNotSSLLogMsg", name="closed without an answer", server="hangs up", asks={"fail_if_not_ssl": True},
             theirs=False, ours=False),
        Case(about="TestTLSConfigIsIgnoredForPlainHTTP", name="plain", server="plain",
             asks={"tls_config": {"insecure_skip_verify": False}}, theirs=True, ours=True),
        Case(about="TestFailIfSelfSignedCA", name="nobody's certificate", server="secured", theirs=False, ours=False),
        Case(about="TestSucceedIfSelfSignedCA", name="nobody's certificate, not looked at", server="secured",
             asks={"tls_config": {"insecure_skip_verify": True}}, theirs=True, ours=True),
        Case(about="TestHTTPUsesTargetAsTLSServerName", name="an authority of one's own", server="secured by name",
             asks={"tls_config": {"ca_file": "{ca}"}}, theirs=True, ours=True),
    ]  # fmt: skip


def _compressed() -> list[Case]:
    own = "`Accept-Encoding` follows from `compression` and is not sent twice"
    return [
        Case(about="TestHandlingOfCompressionSetting", name="gzip", server="gzip", asks={"compression": "gzip"}, theirs=True,
             ours=True),
        Case(about="TestHandlingOfCompressionSetting", name="identity", server="plain", asks={"compression": "identity"},
             theirs=True, ours=True),
        Case(about="TestHandlingOfCompressionSetting", name="deflate", server="plain", asks={"compression": "deflate"},
             theirs=True, ours=None, why="gzip and br are asked for"),
        Case(about="TestHandlingOfCompressionSetting", name="gzip, with a header that says so", server="gzip",
             asks={"compression": "gzip", "headers": {"Accept-Encoding": "gzip"}}, theirs=True, ours=True, why=own),
        Case(about="TestHandlingOfCompressionSetting", name="compressed without being asked to be", server="gzip", theirs=True,
             ours=True),
        Case(about="TestMaxResponseLength", name="shorter than its limit", server="body hello",
             asks={"body_size_limit": "128B"}, theirs=True, ours=True),
        Case(about="TestMaxResponseLength", name="longer than its limit", server="body hello", asks={"body_size_limit": "4B"},
             theirs=False, ours=False),
        Case(about="TestMaxResponseLength", name="shorter when compressed, longer than its limit", server="gzip",
             asks={"body_size_limit": "100B", "compression": "gzip"}, theirs=False, ours=False),
    ]  # fmt: skip


def _tcp() -> list[Case]:
    talk = [{"expect": "^:[^ ]+ 001", "send": "NICK prober"}]
    starts = [{"expect": "^220"}, {"send": "EHLO prober\r"}, {"expect": "^250-STARTTLS"}, {"send": "STARTTLS\r"},
              {"expect": "^220"}, {"starttls": True}]  # fmt: skip
    return [
        Case(about="TestTCPConnection", name="somebody listens", prober="tcp", server="plain", theirs=True, ours=True),
        Case(about="TestTCPConnectionFails", name="nobody listens", prober="tcp", server="nobody", theirs=False, ours=False),
        Case(about="TestTCPConnectionWithTLS", name="nobody's certificate", prober="tcp", server="secured", asks={"tls": True},
             theirs=False, ours=False),
        Case(about="TestTCPConnectionWithTLS", name="nobody's certificate, not looked at", prober="tcp", server="secured",
             asks={"tls": True, "tls_config": {"insecure_skip_verify": True}}, theirs=True, ours=True),
        Case(about="TestTCPConnectionWithTLS", name="an authority and a name of one's own", prober="tcp", server="secured",
             asks={"tls": True, "tls_config": {"ca_file": "{ca}", "server_name": "localhost"}}, theirs=True, ours=True),
        Case(about="TestTCPConnectionQueryResponseStartTLS", name="STARTTLS of smtp", prober="tcp", server="smtp",
             asks={"query_response": starts, "tls_config": {"ca_file": "{ca}", "server_name": "localhost"}}, theirs=True,
             ours=True, why="the conversation is had in Sentinel's own words"),
        Case(about="TestTCPConnectionQueryResponseIRC", name="a conversation", prober="tcp", server="plain",
             asks={"query_response": talk}, theirs=True, ours=None, why=CONVERSATION),
        Case(about="TestTCPConnectionQueryResponseMatching", name="parts of a banner as labels", prober="tcp", server="plain",
             asks={"query_response": [{"expect": "^SSH-2.0-([^ -]+)(?: (.*))?$"}]}, theirs=True, ours=None, why=CONVERSATION),
        Case(about="TestTCPConnectionQueryResponseByteMode", name="bytes", prober="tcp", server="plain",
             asks={"query_response": [{"expect_bytes": "SSH"}]}, theirs=True, ours=None, why=CONVERSATION),
        Case(about="TestPrometheusTimeoutTCP", name="it says nothing", prober="tcp", server="silent",
             asks={"query_response": [{"expect": "SSH-2.0-(.*)"}]}, theirs=False, ours=None, why=CONVERSATION),
    ]  # fmt: skip


def _dns() -> list[Case]:
    def one(about: str, name: str, server: str, theirs: bool, ours: bool | None, why: str = "", **asks: Any) -> list[Case]:
        asked = {"query_name": "example.com", **asks}
        return [
            Case(about=about, name=f"{name}, {over}", prober="dns", server=f"{server} {over}",
                 asks={**asked, "transport_protocol": over}, theirs=theirs, ours=ours, why=why)
            for over in ("udp", "tcp")
        ]  # fmt: skip

    any_type = "asked as A: resolvers no longer answer ANY"
    rec, auth, fail = "TestRecursiveDNSResponse", "TestAuthoritativeDNSResponse", "TestServfailDNSResponse"
    bad = ["SERVFAIL", "NXDOMAIN"]
    return [
        *one(rec, "it answers", "recursive", True, True, any_type),
        *one(rec, "another code is wanted", "recursive", False, False, valid_rcodes=bad),
        *one(rec, "times to live", "recursive", True, None, RECORDS,
             validate_answer_rrs={"fail_if_matches_regexp": [".*7200.*"], "fail_if_not_matches_regexp": [".*3600.*"]}),
        *one(rec, "the authority section", "recursive", True, None, SECTIONS,
             validate_authority_rrs={"fail_if_matches_regexp": [".*7200.*"]}),
        *one(rec, "the additional section", "recursive", False, None, SECTIONS,
             validate_additional_rrs={"fail_if_not_matches_regexp": [".*3600.*"]}),
        *one(rec, "without recursion", "recursive", False, False, recursion_desired=False),
        *one(auth, "it answers", "authoritative", True, True),
        *one(auth, "SOA", "authoritative", True, True, query_type="SOA"),
        *one(auth, "class CHAOS", "authoritative", True, None, "it is asked in the class IN", query_type="TXT",
             query_class="CH"),
        *one(auth, "another code is wanted", "authoritative", False, False, valid_rcodes=bad),
        *one(auth, "an address that must not be there", "authoritative", False, False,
             validate_answer_rrs={"fail_if_matches_regexp": [".*127.0.0.1"]}),
        *one(auth, "an address that must be there", "authoritative", True, True,
             validate_answer_rrs={"fail_if_none_matches_regexp": ["127.0.0.1"]}),
        *one(auth, "an address that must be there and is not", "authoritative", False, False,
             validate_answer_rrs={"fail_if_none_matches_regexp": [".*127.0.0.3.*"]}),
        *one(fail, "SERVFAIL", "failing", False, False),
        *one(fail, "SERVFAIL is wanted", "failing", True, True, valid_rcodes=bad),
        *one(fail, "a type that there is not", "failing", False, None, "refused when it is read",
             query_type="NOT_A_VALID_TYPE"),
        *one(fail, "a code that there is not", "failing", False, False, valid_rcodes=["NOT_A_VALID_RCODE"]),
    ]  # fmt: skip


def _rpc() -> list[Case]:
    return [
        Case(about="TestGRPCConnection", name="SERVING", prober="grpc", server="grpc serving", asks={"service": "well"},
             theirs=True, ours=True),
        Case(about="TestMultipleGRPCservices", name="one of several that is NOT_SERVING", prober="grpc", server="grpc serving",
             asks={"service": "ill"}, theirs=False, ours=False),
        Case(about="TestGRPCServiceNotFound", name="a service that is not there", prober="grpc", server="grpc serving",
             asks={"service": "nowhere"}, theirs=False, ours=False),
        Case(about="TestGRPCHealthCheckUnimplemented", name="no health service", prober="grpc", server="grpc bare",
             theirs=False, ours=False),
        Case(about="TestGRPCAbsentFailedTLS", name="TLS is wanted, nobody listens", prober="grpc", server="nobody",
             asks={"tls": True}, theirs=False, ours=False),
    ]  # fmt: skip


CASES: Final = (
    *_statuses(), *_versions(), *_bodies(), *_cel(), *_headers(), *_requests(), *_secured(), *_compressed(), *_tcp(), *_dns(),
    *_rpc(),
    Case(about="TestUnixConnection", name="a socket of this machine", prober="unix", server="nobody", theirs=True, ours=None,
         why="what customers reach over a network is looked at; nobody reaches a socket of another machine"),
)  # fmt: skip
