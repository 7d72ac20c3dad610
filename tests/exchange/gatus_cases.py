"""The examples of Gatus' conditions, written anew as data: a condition, what was seen, whether it holds there and here.

`theirs`: whether it holds. `ours`: the same here; None: it is not taken over, and `why` begins what the translation says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    condition: str
    body: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    theirs: bool
    ours: bool | None
    why: str = ""

    @property
    def agrees(self) -> bool:
        return self.theirs == self.ours


NO_LENGTH: Final = "the length of a whole body is not asked for"
LETTERS: Final = "of a text and of a list the length is asked for; all else is not written out first"
NOT_BOTH: Final = "of two things that are compared with each other one is not a value in the body"
NO_NUMBER: Final = "a text is never a number here, however it is written"
LEAST: Final = "of a certificate is asked for how long it holds at least"
HTML: Final = '<html lang="en"><body><div id="user">{}</div></body></html>'


def _facts() -> list[Example]:
    day = 24.0
    several: list[tuple[str, dict[str, Any], bool, bool | None, str]] = [
        ("[IP] == 127.0.0.1", {"ip": "127.0.0.1"}, True, True, ""),
        ("[STATUS] == 200", {"status": 200}, True, True, ""),
        ("[STATUS] == 200", {"status": 500}, False, False, ""),
        ("[STATUS] < 300", {"status": 201}, True, True, ""),
        ("[STATUS] < 300", {"status": 404}, False, False, ""),
        ("[STATUS] != 200", {"status": 500}, True, True, ""),
        ("[STATUS] == any(200, 429)", {"status": 200}, True, True, ""),
        ("[STATUS] == any(200, 429)", {"status": 429}, True, True, ""),
        ("any(200, 429) == [STATUS]", {"status": 429}, True, True, ""),
        ("[STATUS] == any(200, 429)", {"status": 404}, False, False, ""),
        ("[STATUS] == pat(4*)", {"status": 404}, True, True, ""),
        ("[STATUS] == pat(4*)", {"status": 200}, False, False, ""),
        ("[STATUS] == [CONTEXT].other", {"status": 200}, False, None, NOT_BOTH),
        ("[STATUS] == [CONTEXT].expected", {"status": 200}, True, None, NOT_BOTH),
        ("[RESPONSE_TIME] < 500", {"total_ms": 50.0}, True, True, ""),
        ("[RESPONSE_TIME] < 1s", {"total_ms": 50.0}, True, True, ""),
        ("[RESPONSE_TIME] < potato", {"total_ms": 50.0}, False, None, "potato is no length of time"),
        ("[RESPONSE_TIME] > 500", {"total_ms": 750.0}, True, True, ""),
        ("[RESPONSE_TIME] > 1s", {"total_ms": 2000.0}, True, True, ""),
        ("[RESPONSE_TIME] >= 500", {"total_ms": 500.0}, True, True, ""),
        ("[RESPONSE_TIME] >= 500", {"total_ms": 499.0}, False, False, ""),
        ("[RESPONSE_TIME] <= 500", {"total_ms": 500.0}, True, True, ""),
        ("[RESPONSE_TIME] <= 500", {"total_ms": 25.0}, True, True, ""),
        ("[RESPONSE_TIME] <= 500", {"total_ms": 750.0}, False, False, ""),
        ("[IP] == pat(10.*)", {"ip": "10.0.0.0"}, True, True, ""),
        ("[IP] == pat(10.*)", {"ip": "255.255.255.255"}, False, False, ""),
        ("[IP] == pat(*10.0*)", {"ip": "10.0.0.0"}, True, True, ""),
        ("[DNS_RCODE] == NOERROR", {"rcode": "NOERROR"}, True, True, ""),
        ("[CONNECTED] == true", {"status": 200}, True, True, ""),
        ("[CONNECTED] == false", {"status": 200}, False, None, "a check that is to fail to connect is none of ours"),
        ("[CERTIFICATE_EXPIRATION] == 0", {}, True, None, LEAST),
        ("[CERTIFICATE_EXPIRATION] > 2419200000", {"certificate_days": 60.0}, True, True, ""),
        ("[CERTIFICATE_EXPIRATION] > 2419200000", {"certificate_days": 14.0}, False, False, ""),
        ("[CERTIFICATE_EXPIRATION] > 12h", {"certificate_days": day / 24}, True, True, ""),
        ("[CERTIFICATE_EXPIRATION] > 48h", {"certificate_days": day / 24}, False, False, ""),
        ("[DOMAIN_EXPIRATION] > 720h", {}, True, None, "make it a check of the kind `domain`"),
        ("1 == 2", {}, False, None, "it says nothing of the target"),
        ("raw == raw", {}, True, None, "it says nothing of the target"),
    ]
    return [
        Example(condition=asked, facts=facts, theirs=theirs, ours=ours, why=why) for asked, facts, theirs, ours, why in several
    ]


def _bodies() -> list[Example]:
    several: list[tuple[str, str, bool, bool | None, str]] = [
        ("[BODY] == test", "test", True, True, ""),
        ("[BODY] == 123", "123", True, True, ""),
        ("[BODY] < 124", "123", True, True, ""),
        ("[BODY] > 123", "100", False, False, ""),
        ("[BODY].status == UP", '{"status":"UP"}', True, True, ""),
        ("[BODY].data.name == john", '{"data": {"id": 1, "name": "john"}}', True, True, ""),
        ("[BODY].data.name == john", '{"data": {"id": 1}}', False, False, ""),
        ("[BODY].user.firstName != [BODY].user.lastName", '{"user": {"firstName": "john", "lastName": "doe"}}', True, True, ""),
        (
            "[BODY].user.firstName == [BODY].user.lastName",
            '{"user": {"firstName": "john", "lastName": "doe"}}',
            False,
            False,
            "",
        ),
        ("[BODY][0].id == 1", '[{"id": 1}, {"id": 2}]', True, True, ""),
        ("[BODY].data == OK", '{"data": null}', False, False, ""),
        ("[BODY].items[0] == OK", '{"items": [null, null]}', False, False, ""),
        ("[BODY].data == OK", "null", False, False, ""),
        ("[BODY][0].name == test", '{"statusCode": 500}', False, False, ""),
        ("[BODY].data.id == 1", '{"data": {"id": 1}}', True, True, ""),
        ("[BODY].data[1].id == 2", '{"data": [{"id": 1}, {"id": 2}, {"id": 3}]}', True, True, ""),
        ("[BODY].data.id > 0", '{"data": {"id": 1}}', True, True, ""),
        ("[BODY].data > 0", '{"data": "0x1"}', True, False, NO_NUMBER),
        ("[BODY].data == 1", '{"data": "0x1"}', True, False, NO_NUMBER),
        ("[BODY].data == 0x1", '{"data": "0x1"}', True, True, ""),
        ("[BODY].data == 15", '{"data": "0xF"}', True, False, NO_NUMBER),
        ("[BODY].data == 2", '{"data": "0o2"}', True, False, NO_NUMBER),
        ("[BODY].data == 0o2", '{"data": "0o2"}', True, True, ""),
        ("[BODY].data == 2", '{"data": "0b0010"}', True, False, NO_NUMBER),
        ("[BODY].data == 0b10", '{"data": "0b0010"}', True, False, NO_NUMBER),
        ("[BODY].data.id > 5", '{"data": {"id": 1}}', False, False, ""),
        ("[BODY].balance > 100", '{"balance": "123.40000000000005"}', True, False, NO_NUMBER),
        ("[BODY].balance > 100", '{"balance": 123.40000000000005}', True, True, ""),
        ("[BODY].data.id < 5", '{"data": {"id": 2}}', True, True, ""),
        ("[BODY].data.id < 5", '{"data": {"id": 10}}', False, False, ""),
        ("len([BODY].data.name) == 4", '{"data": {"name": "john"}}', True, True, ""),
        ("len([BODY]) == 3", '[{"id": 1}, {"id": 2}, {"id": 3}]', True, None, NO_LENGTH),
        ("len([BODY].data) == 3", '{"data": [{"id": 1}, {"id": 2}, {"id": 3}]}', True, True, ""),
        ("len([BODY].data) == 8", '{"name": "john.doe"}', False, False, ""),
        ("len([BODY].age) == 2", '{"age":18}', True, False, LETTERS),
        ("len([BODY]) == 8", "john.doe", True, None, NO_LENGTH),
        ("len([BODY][0].age) == 2", '[{"age":18,"adult":true}]', True, False, LETTERS),
        ("[BODY] == pat(*john*)", '{"name": "john.doe"}', True, True, ""),
        ("[BODY].name == pat(john*)", '{"name": "john.doe"}', True, True, ""),
        ("[BODY].name == pat(bob*)", '{"name": "john.doe"}', False, False, ""),
        ("[BODY].name == pat(*doe*)", '{"name": "john.doe"}', True, True, ""),
        ('[BODY] == pat(*<div id="user">john.doe</div>*)', HTML.format("john.doe"), True, True, ""),
        ('[BODY] == pat(*<div id="user">john.doe</div>*)', HTML.format("jane.doe"), False, False, ""),
        ('pat(*<div id="user">john.doe</div>*) == [BODY]', HTML.format("jane.doe"), False, False, ""),
        ("[BODY].data == pat(*Whatever*)", '{"data": ["hello", "world", "Whatever"]}', True, True, ""),
        ("[BODY].name == any(john.doe, jane.doe)", '{"name": "jane.doe"}', True, True, ""),
        ("[BODY].name == any(john.doe, jane.doe)", '{"name": "bob"}', False, False, ""),
        ("has([BODY].errors) == false", "{}", True, True, ""),
        ("has([BODY].errors) == false", '{"errors": ["1"]}', False, False, ""),
        ("has([BODY].article) == true", '{"article": {"id": 123}}', True, True, ""),
    ]
    return [
        Example(condition=asked, body=body, theirs=theirs, ours=ours, why=why) for asked, body, theirs, ours, why in several
    ]


EXAMPLES: Final = (*_facts(), *_bodies())
NONE: Final = ("[STATUS] ? 201", "[STATUS]==201", "[STATUS] = = 201", "[STATUS] ==", "[STATUS]")
"""No conditions, there or here."""
