"""blackboxhttp: the prober http of blackbox_exporter's modules, key by key. Pure; what it is part of: blackbox.py."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sentinel.exchange.literal import literal
from sentinel.exchange.translated import NO_COUNTERPART, NO_EXPRESSIONS, Translated

READ_AT_MOST: Final = 1024 * 1024
_TEXTS: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_BYTES: Final = re.compile(r"([0-9]{1,12})(?:([KMG])i?)?B?")
_VERSIONS: Final = {"HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2": "2", "HTTP/2.0": "2"}

Key = Callable[[Translated, Any, Mapping[str, Any]], None]


def http(wanted: Mapping[str, Any], target: str) -> Translated:
    url = target if re.match(r"(?i)https?://", target) else f"http://{target}"
    made = Translated(kind="http", options={"url": url}, up={"status": "2xx"})
    for key, value in wanted.items():
        say = KEYS.get(key)
        if say is None:
            made.refuse(key, NO_COUNTERPART)
        elif value is not None:
            say(made, value, wanted)
    follows = wanted.get("follow_redirects", not wanted.get("no_follow_redirects", False))
    if not follows:
        made.options["follow_redirects"] = 0
    else:
        made.unlike.append("at most 3 redirects are followed, not 10")
    return made


def _statuses(made: Translated, value: Sequence[Any], _: Mapping[str, Any]) -> None:
    if value:
        made.up["status"] = list(value)


def _versions(made: Translated, value: Sequence[Any], _: Mapping[str, Any]) -> None:
    known = [_VERSIONS[one] for one in value if one in _VERSIONS]
    if len(known) < len(value):
        made.refuse("valid_http_versions", "it names a version that Sentinel does not know")
    elif known:
        made.fact("http_version", one_of=sorted(set(known)))


def _option(name: str) -> Key:
    def put(made: Translated, value: Any, _: Mapping[str, Any]) -> None:
        made.options[name] = value

    return put


def _headers(made: Translated, value: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    sent = {str(name): str(text) for name, text in value.items() if str(name).lower() != "accept-encoding"}
    made.options.setdefault("headers", {}).update(sent)


def _more_headers(made: Translated, value: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    """`http_headers: {Name: {values: [...]}}`."""
    for name, given in value.items():
        values = given.get("values") if isinstance(given, Mapping) else None
        if not isinstance(values, Sequence) or len(values) != 1:
            made.refuse("http_headers", f"{name} must have one value under `values`: Sentinel reads no files for headers")
            return
        made.options.setdefault("headers", {})[str(name)] = str(values[0])


def _body_has(how: str) -> Key:
    """Any of the expressions that matches (or does not) fails the probe: all texts are to be lacking (or there). What is more
    than a text is asked in CEL, whose regular expressions are linear like those over there."""

    def put(made: Translated, value: Sequence[Any], _: Mapping[str, Any]) -> None:
        for one in map(str, value):
            text = literal(one)
            if text:
                made.up.setdefault("body", {}).setdefault(how, []).append(text)
            else:
                made.when(f"{'' if how == 'contains' else '!'}body.matches({json.dumps(one, ensure_ascii=False)})")

    return put


def _cel(turned: bool) -> Key:
    """Over there a body that is read as JSON is called `body`, here `json`."""

    def put(made: Translated, value: Any, _: Mapping[str, Any]) -> None:
        parts = _TEXTS.split(str(value))
        said = "".join(part if at % 2 else re.sub(r"(?<![\w.])body\b", "json", part) for at, part in enumerate(parts))
        made.when(f"!({said})" if turned else said)

    return put


def _size(made: Translated, value: Any, _: Mapping[str, Any]) -> None:
    found = _BYTES.fullmatch(str(value))
    if found is None:
        made.refuse("body_size_limit", "it is written like 1MB")
        return
    limit = int(found[1]) * 1024 ** " KMG".index(found[2] or " ")
    if 0 < limit < READ_AT_MOST:
        made.fact("bytes", at_most=limit)
    elif limit:
        made.unlike.append("a body is read up to 1 MiB, and judged by that")


def _header_lacks(made: Translated, value: Sequence[Mapping[str, Any]], _: Mapping[str, Any]) -> None:
    _header(made, value, "fail_if_header_matches", "lacks")


def _header_has(made: Translated, value: Sequence[Mapping[str, Any]], _: Mapping[str, Any]) -> None:
    _header(made, value, "fail_if_header_not_matches", "contains")


def _header(made: Translated, rules: Sequence[Mapping[str, Any]], key: str, how: str) -> None:
    for one in rules:
        text = literal(str(one.get("regexp", "")))
        if not text:
            made.refuse(key, NO_EXPRESSIONS)
            return
        missing = {"may_be_missing": True} if one.get("allow_missing") else {}
        made.up.setdefault("header", []).append({"name": str(one.get("header", "")), how: text, **missing})


def _no_tls(made: Translated, value: Any, wanted: Mapping[str, Any]) -> None:
    """Judged by the last hop, over there; a plain URL without redirects is the case that can be said."""
    if not value:
        return
    if wanted.get("follow_redirects", True) and not wanted.get("no_follow_redirects"):
        made.refuse("fail_if_ssl", "with redirects followed it cannot be said; write `follow_redirects: false`")
    elif str(made.options["url"]).lower().startswith("https:"):
        made.refuse("fail_if_ssl", "the target is an https address: this can never be up")


def _tls_wanted(made: Translated, value: Any, _: Mapping[str, Any]) -> None:
    if value:
        made.fact("tls_ms", at_least=0)


def tls(made: Translated, value: Mapping[str, Any]) -> None:
    """`tls_config`, of whichever prober."""
    names = {"ca_file": "ca"}
    if made.kind == "http":
        names |= {"cert_file": "client_certificate", "key_file": "client_key"}
    for key, given in value.items():
        if key == "insecure_skip_verify":
            made.options["verify"] = not given
        elif key in names and given:
            made.options[names[key]] = given
        elif key == "server_name" and made.kind == "tls":
            made.options["name"] = given
        elif given:
            made.refuse(f"tls_config.{key}", NO_COUNTERPART)


def _tls(made: Translated, value: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    tls(made, value)


def _compression(made: Translated, value: Any, _: Mapping[str, Any]) -> None:
    if value in ("gzip", "br", "identity"):
        made.options["encoding"] = value
    elif value:
        made.refuse("compression", "Sentinel asks for gzip and br")


def _family(made: Translated, value: Any, wanted: Mapping[str, Any]) -> None:
    if wanted.get("ip_protocol_fallback") is False:
        made.options["ip"] = 4 if value == "ip4" else 6
    else:
        made.unlike.append("both families are tried, whichever answers first, and none is preferred")


def _basic(made: Translated, value: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    if set(value) - {"username", "password"}:
        made.refuse("basic_auth", "only `username` and `password` are read: put a file's content into a reference")
    else:
        made.options["auth"] = {"basic": {"user": str(value.get("username", "")), "password": str(value.get("password", ""))}}


def _authorization(made: Translated, value: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    if str(value.get("type", "Bearer")) != "Bearer" or "credentials" not in value:
        made.refuse("authorization", "only Bearer with `credentials` is read: put a file's content into a reference")
    else:
        made.options["auth"] = {"bearer": str(value["credentials"])}


def _bearer(made: Translated, value: Any, _: Mapping[str, Any]) -> None:
    made.options["auth"] = {"bearer": str(value)}


def _oauth(made: Translated, value: Mapping[str, Any], _: Mapping[str, Any]) -> None:
    if set(value) - {"client_id", "client_secret", "token_url", "scopes", "endpoint_params"} or not {
        "client_id", "client_secret", "token_url",
    } <= set(value) or set(value.get("endpoint_params") or {}) - {"grant_type"}:  # fmt: skip
        made.refuse("oauth2", "only client_id, client_secret, token_url and scopes are read")
        return
    made.options["auth"] = {"oauth": {
        "token_url": value["token_url"], "client_id": value["client_id"], "client_secret": value["client_secret"],
        **({"scope": " ".join(value["scopes"])} if value.get("scopes") else {}),
    }}  # fmt: skip


def _nothing(made: Translated, value: Any, wanted: Mapping[str, Any]) -> None:
    """Said elsewhere, or so with us anyway."""


def _never(key: str, why: str) -> Key:
    def put(made: Translated, value: Any, _: Mapping[str, Any]) -> None:
        if value:
            made.refuse(key, why)

    return put


KEYS: Final[Mapping[str, Key]] = {
    "valid_status_codes": _statuses,
    "valid_http_versions": _versions,
    "method": _option("method"),
    "headers": _headers,
    "http_headers": _more_headers,
    "body": _option("body"),
    "body_file": _never("body_file", "Sentinel reads no body from a file: write it under `body`"),
    "follow_redirects": _nothing,
    "no_follow_redirects": _nothing,
    "fail_if_ssl": _no_tls,
    "fail_if_not_ssl": _tls_wanted,
    "fail_if_body_matches_regexp": _body_has("lacks"),
    "fail_if_body_not_matches_regexp": _body_has("contains"),
    "fail_if_body_json_matches_cel": _cel(turned=True),
    "fail_if_body_json_not_matches_cel": _cel(turned=False),
    "fail_if_header_matches": _header_lacks,
    "fail_if_header_not_matches": _header_has,
    "tls_config": _tls,
    "compression": _compression,
    "preferred_ip_protocol": _family,
    "ip_protocol_fallback": _nothing,
    "basic_auth": _basic,
    "authorization": _authorization,
    "bearer_token": _bearer,
    "oauth2": _oauth,
    "proxy_url": _option("proxy"),
    "skip_resolve_phase_with_proxy": _nothing,
    "body_size_limit": _size,
    "enable_http2": _nothing,
    "enable_http3": _never("enable_http3", "Sentinel does not speak HTTP/3"),
}
