"""blackbox: what a module of blackbox_exporter asks of a target, as a check of ours; or why that cannot be said.

A translation that would judge otherwise than the module does is refused (`cannot`); one that judges alike and looks a little
differently is made, and says so (`unlike`). Pure. Belongs here: the modules' words. Does not belong here: reading files, making
checks of it (run/modules.py), the metrics' names (serve/probe/).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from sentinel.exchange import blackboxhttp
from sentinel.exchange.literal import literal
from sentinel.exchange.translated import NO_COUNTERPART, NO_EXPRESSIONS, Translated

DEFAULT: Final = "http_2xx"
"""The module of a scrape that names none."""
PROBERS: Final = ("http", "tcp", "dns", "icmp", "grpc", "websocket", "unix")
LONGEST: Final = 8192
MISSHAPEN: Final = "a value in it is not of the kind that it has there"
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def modules(written: Any) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """The modules of a file's or a key's content, by name, and what is wrong with it."""
    if isinstance(written, Mapping) and isinstance(written.get("modules"), Mapping) and "prober" not in written["modules"]:
        written = written["modules"]
    if not isinstance(written, Mapping):
        return {}, ["modules are written as `name: {prober: …}`"]
    good: dict[str, Mapping[str, Any]] = {}
    wrong: list[str] = []
    for name, module in written.items():
        if not isinstance(module, Mapping) or module.get("prober") not in PROBERS:
            wrong.append(f"module `{name}`: `prober` is one of {', '.join(PROBERS)}")
        elif _seconds(module.get("timeout")) == 0.0:
            wrong.append(f"module `{name}`: `timeout` is written like 5s")
        elif any(MISSHAPEN in why for why in translate(module, "192.0.2.1:1").cannot):
            wrong.append(f"module `{name}`: {MISSHAPEN}")
        else:
            good[str(name)] = module
    return good, wrong


def translate(module: Mapping[str, Any], target: str, hostname: str = "") -> Translated:
    """What `module` asks of `target`. `hostname`: the Host header that a scrape asks for besides."""
    prober = str(module["prober"])
    wanted = module.get(prober) or {}
    try:
        made = _PROBERS[prober](wanted if isinstance(wanted, Mapping) else {}, target[:LONGEST])
    except (TypeError, AttributeError, ValueError, KeyError):
        made = Translated(kind=prober, options={}, cannot=[f"`{prober}`: {MISSHAPEN}"])
    made.seconds = _seconds(module.get("timeout"))
    if hostname and made.kind == "http":
        made.options.setdefault("headers", {})["Host"] = hostname
    elif hostname:
        made.unlike.append("`hostname` is looked at by the prober http alone")
    return made


def _seconds(written: Any) -> float | None:
    """None: not written; 0.0: not to be read."""
    if written is None:
        return None
    parts = _DURATION.findall(str(written))
    if "".join(number + unit for number, unit in parts) != str(written):
        return 0.0
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _host_and_port(target: str, port: int | None = None) -> tuple[str, int]:
    """ValueError for what is none."""
    parts = urlsplit(f"//{target}")
    if not parts.hostname or (parts.port or port) is None:
        raise ValueError(target)
    return parts.hostname, parts.port or port or 0


def _tcp(wanted: Mapping[str, Any], target: str) -> Translated:
    secured, starts = bool(wanted.get("tls")), _starttls(wanted.get("query_response") or ())
    made = Translated(kind="tls" if secured or starts else "tcp", options={})
    try:
        made.options["host"], made.options["port"] = _host_and_port(target)
    except ValueError:
        made.refuse("target", "a target of the prober tcp is host:port")
    if starts:
        made.options["starttls"] = starts
        made.unlike.append("of the conversation only what leads to STARTTLS is had, in Sentinel's own words")
    elif wanted.get("query_response"):
        made.refuse("query_response", "Sentinel has no conversation over TCP but STARTTLS of smtp, imap and pop3")
    if wanted.get("source_ip_address"):
        made.refuse("source_ip_address", NO_COUNTERPART)
    if made.kind == "tls" and isinstance(wanted.get("tls_config"), Mapping):
        blackboxhttp.tls(made, wanted["tls_config"])
    if wanted.get("preferred_ip_protocol"):
        made.unlike.append("both families are tried, whichever answers first, and none is preferred")
    return made


def _starttls(conversation: Sequence[Mapping[str, Any]]) -> str:
    """The protocol whose STARTTLS a conversation leads to, "" for none that is known."""
    if not any(one.get("starttls") for one in conversation):
        return ""
    sent = " ".join(str(one.get("send", "")) for one in conversation).upper()
    return "smtp" if "EHLO" in sent else "pop3" if "STLS" in sent else "imap" if "STARTTLS" in sent else ""


def _dns(wanted: Mapping[str, Any], target: str) -> Translated:
    made = Translated(kind="dns", options={"name": str(wanted.get("query_name", "")).rstrip("."), "type": "A"})
    try:
        made.options["resolver"], made.options["port"] = _host_and_port(target, 53)
    except ValueError:
        made.refuse("target", "a target of the prober dns is an address, or address:port")
    if wanted.get("query_type", "ANY") == "ANY":
        made.unlike.append("`query_type` ANY is asked as A: resolvers no longer answer ANY")
    else:
        made.options["type"] = wanted["query_type"]
    if wanted.get("transport_protocol"):
        made.options["over"] = wanted["transport_protocol"]
    if wanted.get("recursion_desired") is False:
        made.options["recursive"] = False
    if wanted.get("valid_rcodes"):
        made.fact("rcode", one_of=list(wanted["valid_rcodes"]))
    if wanted.get("query_class", "IN") != "IN":
        made.refuse("query_class", "Sentinel asks in the class IN")
    for key in ("dns_over_tls", "source_ip_address", "validate_authority_rrs", "validate_additional_rrs"):
        if wanted.get(key):
            made.refuse(key, NO_COUNTERPART)
    _answers(made, wanted.get("validate_answer_rrs") or {})
    return made


def _answers(made: Translated, wanted: Mapping[str, Any]) -> None:
    """Over there an expression sees a whole record, with us a text is looked for in what the records say."""
    for key, how in (("fail_if_matches_regexp", "lacks"), ("fail_if_none_matches_regexp", "contains")):
        texts = [literal(str(one)) for one in wanted.get(key) or ()]
        if not all(texts) or any("\t" in (text or "") for text in texts):
            made.refuse(f"validate_answer_rrs.{key}", NO_EXPRESSIONS)
        elif texts:
            made.fact("answers", **{how: texts})
    for key in ("fail_if_all_match_regexp", "fail_if_not_matches_regexp"):
        if wanted.get(key):
            made.refuse(f"validate_answer_rrs.{key}", "Sentinel asks whether a text is among the answers, or is not")


def _icmp(wanted: Mapping[str, Any], target: str) -> Translated:
    made = Translated(kind="ping", options={"host": target, "count": 1})
    if wanted.get("payload_size"):
        made.options["size"] = wanted["payload_size"]
    for key in ("source_ip_address", "dont_fragment", "ttl"):
        if wanted.get(key):
            made.refuse(key, NO_COUNTERPART)
    return made


def _grpc(wanted: Mapping[str, Any], target: str) -> Translated:
    made = Translated(kind="grpc", options={})
    try:
        made.options["host"], made.options["port"] = _host_and_port(target)
    except ValueError:
        made.refuse("target", "a target of the prober grpc is host:port")
    if wanted.get("service"):
        made.options["service"] = wanted["service"]
    if wanted.get("tls"):
        made.options["tls"] = True
        blackboxhttp.tls(made, wanted.get("tls_config") or {})
    given = wanted.get("metadata") or {}
    if any(len(values) != 1 for values in given.values()):
        made.refuse("metadata", "a key has one value with Sentinel")
    elif given:
        made.options["metadata"] = {str(name): str(values[0]) for name, values in given.items()}
    return made


def _websocket(wanted: Mapping[str, Any], target: str) -> Translated:
    made = Translated(kind="websocket", options={"url": target})
    for key in ("http_config", "headers", "query_response"):
        if wanted.get(key):
            made.refuse(key, "write a check of the kind websocket yourself")
    return made


def _unix(wanted: Mapping[str, Any], target: str) -> Translated:
    made = Translated(kind="tcp", options={})
    made.refuse("unix", "Sentinel looks at what customers reach, over a network; nobody reaches a socket of another machine")
    return made


_PROBERS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Translated]]] = {
    "http": blackboxhttp.http, "tcp": _tcp, "dns": _dns, "icmp": _icmp, "grpc": _grpc, "websocket": _websocket, "unix": _unix,
}  # fmt: skip
