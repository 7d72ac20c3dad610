"""dns: asks a resolver for a name's records: whether it answers, what, how fast, and whether it vouches for it (DNSSEC).

Lives in the `loop` child. Belongs here: its options, the question, the facts. Does not belong here: sockets (reach.py), when to
probe (schedule.py), what is good (condition.py).
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.kinds import FactType
from sentinel.probe.assertion import Conditions, FactHolds
from sentinel.probe.condition import Seen
from sentinel.probe.reach import Reach
from sentinel.probe.trouble import of_system, ours, theirs

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "rcode": "text", "answers": "text", "records": "number", "ttl": "number", "authentic": "yes or no",
    "authoritative": "yes or no", "truncated": "yes or no", "total_ms": "number", "answer_ms": "number", "ip": "text",
}  # fmt: skip
ANSWERS_KEPT: Final = 20
SILENT: Final = "our own resolver does not answer"

Record = Literal["A", "AAAA", "CAA", "CNAME", "DS", "DNSKEY", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "SVCB", "TXT"]


class Options(BaseModel):
    """What to ask for. A plain name stands for its A record."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: Annotated[str, Field(min_length=1, max_length=253)]
    """The name that is asked for."""
    type: Record = "A"
    """The type of record."""
    resolver: Annotated[str, Field(max_length=100, pattern=r"^[0-9A-Fa-f.:]*$")] = ""
    """The numeric address of the server that is asked; empty: this machine's own resolver."""
    port: Annotated[int, Field(ge=1, le=65535)] = 53
    """Its port."""
    over: Literal["udp", "tcp"] = "udp"
    """How it is asked. An answer by UDP that was cut off is asked for again by TCP."""
    recursive: bool = True
    """Whether it is to ask others on our behalf."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @field_validator("name")
    @classmethod
    def _is_name(cls, value: str) -> str:
        try:
            dns.name.from_text(value)
        except dns.exception.DNSException:
            raise ValueError("this is no name that DNS can carry") from None
        return value


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.resolver or "the resolver"


def assumed(up: Conditions) -> Conditions:
    """`up` with what goes without saying: the name is there, unless an answer code is named."""
    asked = dict(up.fact or {})
    if "rcode" in asked:
        return up
    return up.model_copy(update={"fact": {"rcode": FactHolds.model_validate("NOERROR"), **asked}})


async def probe(options: Options, reach: Reach) -> Seen:
    """One question and its answer. An own resolver is not guarded: nobody wrote down where it is."""
    address, port = (options.resolver, options.port) if options.resolver else reach.resolvers()[0]
    if options.resolver:
        (_, address), *_ = await reach.addresses(options.resolver, port, socket.SOCK_DGRAM)
        reach.facts.pop("dns_ms", None)  # a numeric address is looked up nowhere
    reach.facts["ip"] = address
    question = dns.message.make_query(options.name, options.type, want_dnssec=True, use_edns=0, payload=4096)
    if not options.recursive:
        question.flags &= ~dns.flags.RD
    with reach.during("waiting for the answer", "answer_ms"):
        answer = await _asked(question, address, port, options, reach)
    if not options.resolver and answer.rcode() in (dns.rcode.SERVFAIL, dns.rcode.REFUSED) and not await reach.resolves():
        raise ours(f"our own resolver answers {dns.rcode.to_text(answer.rcode())} to everything")
    return Seen(facts=_facts(answer, options))


async def _asked(question: dns.message.Message, address: str, port: int, options: Options, reach: Reach) -> dns.message.Message:
    # Our own resolver is not what is looked at: that it says nothing must be said before the time limit blames the name.
    left = reach.left if options.resolver else max(0.001, reach.left - 0.1)
    try:
        if options.over == "tcp":
            return await dns.asyncquery.tcp(question, address, left, port)
        answer, _ = await dns.asyncquery.udp_with_fallback(question, address, left, port, ignore_unexpected=True)
        return answer
    except (dns.exception.Timeout, TimeoutError):
        if not options.resolver:
            raise ours(SILENT) from None
        await asyncio.sleep(reach.left)  # the time limit is over in a moment, and says it in everybody's words
        raise theirs("no answer") from None
    except OSError as error:
        raise (of_system(error, reach.phase, address) if options.resolver else ours(SILENT)) from None
    except (dns.exception.DNSException, EOFError) as error:
        raise theirs(f"the answer is not proper DNS ({type(error).__name__})") from None


def _facts(answer: dns.message.Message, options: Options) -> dict[str, Any]:
    wanted = dns.rdatatype.from_text(options.type)
    found = [record for records in answer.answer if records.rdtype == wanted for record in records]
    times = [records.ttl for records in answer.answer if records.rdtype == wanted]
    facts: dict[str, Any] = {
        "rcode": dns.rcode.to_text(answer.rcode()),
        "answers": "; ".join(sorted(record.to_text() for record in found)[:ANSWERS_KEPT]),
        "records": len(found),
        "authentic": bool(answer.flags & dns.flags.AD),
        "authoritative": bool(answer.flags & dns.flags.AA),
        "truncated": bool(answer.flags & dns.flags.TC),
    }
    return facts | ({"ttl": min(times)} if times else {})
