"""Text: the small forms that people write inside the files (names, days, zones, networks, addresses), each a checked type."""

import re
from datetime import date, timedelta
from functools import cache
from ipaddress import ip_network
from typing import Annotated, Any, Literal, NoReturn, get_args
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sentinel.config.problem import nearest
from sentinel.model.delivery import Rate
from sentinel.model.web import ENCODE, UNTOLD, hides_login, split

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAIL = re.compile(r"[^@\s,<>()\"]{1,64}@[A-Za-z0-9.-]{1,255}")
_HOURS = re.compile(
    r"(Mo|Tu|We|Th|Fr|Sa|Su)(-(Mo|Tu|We|Th|Fr|Sa|Su))? (([01]\d|2[0-3]):[0-5]\d)-(([01]\d|2[0-3]):[0-5]\d|24:00)"
)
_WEEK = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(-(Mo|Tu|We|Th|Fr|Sa|Su))?(,(Mo|Tu|We|Th|Fr|Sa|Su)(-(Mo|Tu|We|Th|Fr|Sa|Su))?)*")
_SPAN = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)")
_PER_TIME = re.compile(r"([0-9]{1,8})/([smhd])")
_PER = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_FASTEST = 10_000
_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _refuse(what: str, todo: str) -> NoReturn:
    # Passed as context and not written into the template: a brace in what people wrote must stay a brace.
    raise PydanticCustomError("sentinel", "{what}", {"what": what, "todo": todo})


def _named(text: str) -> str:
    if not NAME.fullmatch(text):
        _refuse("a name holds small letters, digits, `-` and `_` only, 63 at most", "write it so")
    return text


def _in_a_language(text: str) -> str:
    if not LANGUAGE.fullmatch(text):
        _refuse("this is not a language's code", "write one such as en, es or pt-BR")
    return text


def _clean(text: str) -> str:
    if any(letter in _OVERRIDES or (letter < " " and letter != "\n") or "\x7f" <= letter <= "\x9f" for letter in text):
        _refuse("an invisible control character stands in this text", "take it out")
    return text


def _one_line(text: str) -> str:
    if "\n" in _clean(text).rstrip("\n") or "\u2028" in text or "\u2029" in text:
        _refuse("this must be one line", "write it without line breaks")
    return text.rstrip("\n")


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            _refuse("there is no such day", "correct it")
    _refuse("a day is wanted here", "write it like 2027-01-31")


@cache
def zones() -> frozenset[str]:
    """The IANA zones that this machine knows. Asked by name, and never as a path that somebody wrote."""
    return frozenset(available_timezones())


def _zone(text: str) -> str:
    if text not in zones():
        _refuse("this is not a time zone of the IANA list", nearest(text, zones()))
    return text


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        _refuse("this is not a network", "write it like 10.20.0.0/16, with no bits set after the mask")


def is_web_address(text: str) -> bool:
    """Whether it is an absolute http or https address."""
    try:
        parts = split(text)
        right = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return bool(right) and not re.search(r"[\s\x00-\x1f]", text)


def _web(text: str) -> str:
    if hides_login(text):
        _refuse(UNTOLD, ENCODE)
    if not is_web_address(text):
        _refuse("this is not a web address", "write it like https://sentinel.example")
    return text.rstrip("/")


def _canary(text: str) -> str:
    try:
        parts = split(text)
        right = bool(parts.hostname) and parts.username is None and parts.port != 0
        is_tcp = parts.scheme == "tcp" and parts.port is not None and not parts.path
        right = right and (is_tcp or parts.scheme in ("http", "https"))
    except ValueError:
        right = False
    if not right or re.search(r"[\s\x00-\x1f\\]", text):
        _refuse("this is not a canary's address", "write it like tcp://192.0.2.1:443 or https://www.example.com/")
    return text


_SIZES = {"kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


def _size(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"([0-9]{1,6})\s?(kB|MB|GB)", value)
    if found is None:
        _refuse("this is not a size", "write it like 200MB")
    return int(found[1]) * _SIZES[found[2]]


def _per_time(value: Any) -> Any:
    found = _PER_TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[1]) <= _FASTEST * _PER[found[2]].total_seconds():
        _refuse("this is not a rate", f"write it like 50/s, 600/m or 1000/h, at most {_FASTEST}/s")
    return Rate(count=int(found[1]), per=_PER[found[2]])


def _listening(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535 or re.search(r"\s", host):
        _refuse("this is not an address to listen on", "write it like 127.0.0.1:8080")
    return text


def _mail(text: str) -> str:
    if not _MAIL.fullmatch(text):
        _refuse("this is not a mail address", "write it like lena@example.org")
    return _clean(text)


def _open(text: str) -> str:
    rules = [_HOURS.fullmatch(rule.strip()) for rule in text.split(";")]
    if text != "always" and not all(rule and rule[4] < rule[6] for rule in rules):
        _refuse("these are not opening hours", "write `always`, or such as `Mo-Fr 08:00-18:00; Sa 09:00-13:00`")
    return text


def _week(text: str) -> str:
    if not _WEEK.fullmatch(text):
        _refuse("these are no days of the week", "write them like `Mo-Fr` or `Mo,We-Fr`")
    return text


def _span(text: str) -> str:
    found = _SPAN.fullmatch(text)
    if not found or found[1] == found[2]:
        _refuse("these are no hours of a day", "write them like 21:00-08:00")
    return text


def _percent(value: Any) -> Any:
    """`5%` and `5` are the same."""
    return value.strip().removesuffix("%").strip() if isinstance(value, str) else value


def _reachable(text: str) -> str:
    if text.startswith("@"):
        if not re.fullmatch(r"@[A-Za-z0-9.-]{1,255}", text):
            _refuse("this is no domain", "write it like @example.org")
        return text
    if re.fullmatch(r"\+[0-9]{6,15}", text):
        return text
    return _mail(text)


def in_languages(value: Any) -> Any:
    """A plain string is the text of the one language there is; it stands under the empty name until that is known."""
    return {"": value} if isinstance(value, str) else value


Name = Annotated[str, AfterValidator(_named)]
Language = Annotated[str, AfterValidator(_in_a_language)]
Prose = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_clean)]
Line = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_one_line)]
_ONE_OR_SEVERAL = WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}]}
)
Proses = Annotated[dict[str, Prose], BeforeValidator(in_languages), _ONE_OR_SEVERAL]
Lines = Annotated[dict[str, Line], BeforeValidator(in_languages), _ONE_OR_SEVERAL]
RoleName = Literal["viewer", "desk", "lead", "owner", "engineer", "admin"]
_ROLE = {"enum": list(get_args(RoleName)), "type": "string"}
Roles = Annotated[
    tuple[RoleName, ...],
    Field(min_length=1),
    BeforeValidator(lambda written: written if isinstance(written, list | dict) else [written]),
    WithJsonSchema({"anyOf": [_ROLE, {"type": "array", "items": _ROLE, "minItems": 1, "uniqueItems": True}]}),
]
"""One, or several in a list."""
Day = Annotated[date, BeforeValidator(_day)]
Zone = Annotated[str, AfterValidator(_zone)]
Network = Annotated[str, AfterValidator(_network)]
WebAddress = Annotated[str, AfterValidator(_web)]
Listening = Annotated[str, AfterValidator(_listening)]
Canary = Annotated[str, Field(max_length=300), AfterValidator(_canary)]
Size = Annotated[
    int, Field(ge=0), BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6} ?(kB|MB|GB)$"})
]
"""Bytes, written with a unit."""
MailAddress = Annotated[str, AfterValidator(_mail)]
OpeningHours = Annotated[str, AfterValidator(_open)]
WeekDays = Annotated[str, Field(max_length=40), AfterValidator(_week)]
"""Days of the week: Mo-Fr, or Mo,We-Fr."""
DayHours = Annotated[str, AfterValidator(_span)]
"""Hours of a day, over midnight too: 21:00-08:00."""
Reachable = Annotated[str, AfterValidator(_reachable)]
"""An address, a telephone number, or a whole domain (@example.org)."""
Percent = Annotated[
    float,
    BeforeValidator(_percent),
    Field(ge=0, le=100),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[0-9]{1,3}([.][0-9]+)?%$"}]}),
]
"""`5%`, or 5."""
Duration = Annotated[timedelta, Field(ge=timedelta(0))]
PerTime = Annotated[Rate, BeforeValidator(_per_time), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,8}/[smhd]$"})]
"""So many in so long: 50/s."""
Period = Annotated[timedelta, Field(gt=timedelta(0))]
"""A duration that must not be nothing."""
