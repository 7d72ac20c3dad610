"""Every change that the API can make, as a table: a path, the command that it asks for, and what of the command the path says.

The body of each is the rest of the command's record; the right is that of the command (model/account.py). Belongs here: the
table, and how a row becomes a route. Does not belong here: what needs a secret made first (people.py).
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fastapi import Request

from sentinel.model import command as ask
from sentinel.model.account import RIGHT_OF
from sentinel.model.command import Command, Done
from sentinel.serve.api.asking import caller_of, command_in, name_of, submit
from sentinel.serve.api.body import read_json
from sentinel.serve.api.door import Door, require
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import ProblemError
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.gate import Need


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One row. `bound`: the fields that the path gives. `example`: a body. `id`: the operation's, in the document."""

    id: str
    path: str
    command: type
    says: str
    tag: str
    example: Mapping[str, Any] = field(default_factory=dict)
    bound: tuple[str, ...] = ()
    method: str = "POST"


_INCIDENT, _NOTICE, _DELIVERY = ("incident",), ("notice",), ("delivery",)
_LETTER = {"forms": {"subject": "Online payments are not working: we expect them back by {until}"}, "version": 1}

WRITES = (
    Write(id="declare", path="/incidents", command=ask.Declare, tag="incidents",
          says="Declare that customers feel something. It joins an open incident by the rules of grouping, or opens another.",
          example={"service": "payments", "statement": "payments.cannot_pay", "why": "three calls"}),
    Write(id="acknowledge", path="/incidents/{incident}/acknowledge", command=ask.Acknowledge, bound=_INCIDENT, tag="incidents",
          says="Say that you have it."),
    Write(id="note", path="/incidents/{incident}/notes", command=ask.Note, bound=_INCIDENT, tag="incidents",
          says="Write a note into the timeline.", example={"text": "The card processor is asked."}),
    Write(id="set_phase", path="/incidents/{incident}/phase", command=ask.SetPhase, bound=_INCIDENT, tag="incidents",
          says="Set the phase, and what customers may be told of the cause.",
          example={"phase": "identified", "cause": {"en": "A processor fails.", "es": "Un proveedor falla."}}),
    Write(id="set_eta", path="/incidents/{incident}/eta", command=ask.SetEta, bound=_INCIDENT, tag="incidents",
          says="Give a time of return with its reason.", example={"until": "2026-11-22T13:30:00Z", "reason": "A rollback."}),
    Write(id="answer", path="/incidents/{incident}/answers", command=ask.Answer, bound=_INCIDENT, tag="incidents",
          says="Answer that a promise which is due holds, or that nobody knows.", example={"promise": 4, "answer": "holds"}),
    Write(id="resolve", path="/incidents/{incident}/resolve", command=ask.Resolve, bound=_INCIDENT, tag="incidents",
          says="End it on your word, where no check can.", example={"why": "We paid by hand and it worked."}),
    Write(id="dismiss", path="/incidents/{incident}/dismiss", command=ask.Dismiss, bound=_INCIDENT, tag="incidents",
          says="Say that it was no disturbance.", example={"reason": "It was a drill."}),
    Write(id="reopen", path="/incidents/{incident}/reopen", command=ask.Reopen, bound=_INCIDENT, tag="incidents",
          says="Say that it is not over.", example={"why": "Payments fail again."}),
    Write(id="add_told", path="/incidents/{incident}/told", command=ask.AddTold, bound=_INCIDENT, tag="desk",
          says="Add somebody who was told by phone or chat, or asks to be told: from now on they are owed its end.",
          example={"address": "ana@example.com", "name": "Ana Ortiz", "how": "phone"}),
    Write(id="edit_draft", path="/notices/{notice}/wording/{language}", command=ask.EditDraft, bound=("notice", "language"),
          method="PUT", tag="notices", says="Write new words for one language of a draft, slots named.", example=_LETTER),
    Write(id="approve", path="/notices/{notice}/approve", command=ask.Approve, bound=_NOTICE, tag="notices",
          says="Approve a draft: exactly the one with this hash, for exactly this number of people.",
          example={"hash": "5d41402abc4b2a76b9719d911017c592", "count": 184}),
    Write(id="go_on", path="/notices/{notice}/go-on", command=ask.GoOn, bound=_NOTICE, tag="notices",
          says="Send the rest of a notice that is paused: exactly to so many as have still to get it.",
          example={"count": 1154, "why": "Those mailboxes were closed; the others are fine."}),
    Write(id="cancel", path="/notices/{notice}/cancel", command=ask.Cancel, bound=_NOTICE, tag="notices",
          says="Take an approval back inside its window, throw a draft away, or stop the rest of a notice that is paused.",
          example={"why": "The wrong audience."}),
    Write(id="rehearse", path="/notices/{notice}/rehearse", command=ask.Rehearse, bound=_NOTICE, tag="notices",
          says="Send a draft, as one customer would get it, to somebody of this installation first.",
          example={"hash": "5d41402abc4b2a76b9719d911017c592", "to": "lena@northwind.example"}),
    Write(id="settle", path="/deliveries/{delivery}/settle", command=ask.Settle, bound=_DELIVERY, tag="deliveries",
          says="Say what became of a delivery that is in doubt.", example={"arrived": True, "why": "They told us."}),
    Write(id="revive", path="/deliveries/{delivery}/revive", command=ask.Revive, bound=_DELIVERY, tag="deliveries",
          says="Try a dead delivery once more.", example={"why": "The address works again."}),
    Write(id="revive_all", path="/notices/{notice}/revive", command=ask.ReviveAll, bound=_NOTICE, tag="deliveries",
          says="Try all dead deliveries of a notice once more: exactly so many as there are.",
          example={"count": 12, "why": "The mail server is back."}),
    Write(id="mend", path="/channels/{channel}/mend", command=ask.Mend, bound=("channel",), tag="deliveries",
          says="Say that a channel works again which its provider had refused.", example={"why": "The token is renewed."}),
    Write(id="set_hold", path="/hold", command=ask.Hold, method="PUT", tag="hub",
          says="Hold all messages to customers, or let them go on.", example={"on": True, "why": "Wrong numbers."}),
    Write(id="release", path="/release", command=ask.Release, tag="hub",
          says="Let customer work go on after the store was restored.", example={"why": "We know what is in it."}),
    Write(id="erase", path="/erasures", command=ask.Erase, tag="hub",
          says="Take a person's data out of the store for good. (Not a DELETE: an address has no place in a URL.)",
          example={"person": "C-10442", "why": "request 218"}),
    Write(id="count_caller", path="/callers", command=ask.CountCaller, tag="desk",
          says="Count one caller.", example={"service": "payments", "statement": "payments.cannot_pay"}),
    Write(id="count_contacts", path="/contacts", command=ask.CountContacts, tag="desk",
          says="Push how many contacted you, by topic, channel and quarter of an hour. The same source and quarter of an hour "
               "again replaces what was said.",
          example={"source": "telephone", "counts": [{"slot": "2026-11-22T14:15:00Z", "service": "payments",
                   "statement": "payments.cannot_pay", "channel": "phone", "count": 37}]}),
    Write(id="subscribe", path="/subscribers", command=ask.Subscribe, tag="desk",
          says="Add somebody who wants to hear of trouble with these services, or change what they want.",
          example={"address": "ana@example.com", "services": ["payments"]}),
    Write(id="unsubscribe", path="/subscribers/unsubscribe", command=ask.Unsubscribe, tag="desk",
          says="Take a subscriber out. (Not a DELETE: an address has no place in a URL, which others log.)",
          example={"address": "ana@example.com"}),
    Write(id="revoke_token", path="/tokens/{token}", command=ask.RevokeToken, bound=("token",), method="DELETE",
          tag="accounts", says="Revoke a token."),
    Write(id="revoke_agent", path="/agents/{agent}", command=ask.RevokeAgent, bound=("agent",), method="DELETE",
          tag="services", says="Revoke an agent: it gets no checks, and nothing that it sends counts any more."),
)  # fmt: skip

MADE_ELSEWHERE = frozenset({ask.SaveAccount, ask.MakeToken, ask.MakeAgent, ask.Rehearse})
"""Commands that `/commands` does not take: their secrets are made by the operations for accounts and tokens, and a rehearsal's
address is checked by its own."""
PLAIN: Mapping[str, type] = {name_of(kind): kind for kind in RIGHT_OF if kind not in MADE_ELSEWHERE}
"""`do` → each command that `/commands` takes."""

Endpoint: TypeAlias = Callable[[Request], Coroutine[Any, Any, Done]]


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    """A route for each row, and the one that takes any plain command."""
    made = [
        ApiRoute(door, row.method, row.path, RIGHT_OF[row.command], _endpoint(hub, row), operation_id=row.id,
                 summary=row.says.partition(". ")[0].removesuffix("."), description=row.says, tags=[row.tag])
        for row in WRITES
    ]  # fmt: skip

    async def command(request: Request) -> Done:
        """Carry out one command, named by `do`. Asks for that command's right."""
        body = await read_json(request)
        kind = PLAIN.get(str(body.get("do"))) if isinstance(body, dict) else None
        if kind is None:
            raise ProblemError(422, "invalid", f"/do: name one of these commands: {', '.join(sorted(PLAIN))}.")
        require(caller_of(request), RIGHT_OF[kind])
        return await submit(hub, request, command_in(kind, {k: v for k, v in body.items() if k != "do"}, {}))

    about: dict[str, Any] = {"operation_id": "command", "summary": "Carry out one command", "tags": ["commands"]}
    return [*made, ApiRoute(door, "POST", "/commands", Need.SIGNED_IN, command, **about)]


def _endpoint(hub: ApiHub, row: Write) -> Endpoint:
    async def endpoint(request: Request) -> Done:
        given = {name: request.path_params[name] for name in row.bound}
        command = command_in(row.command, await read_json(request), given)
        await _check(hub, command)
        return await submit(hub, request, command)

    return endpoint


async def _check(hub: ApiHub, command: Command) -> None:
    """A rehearsal goes to people of this installation and to nobody else: a draft holds a customer's name."""
    if not isinstance(command, ask.Rehearse):
        return
    ours = {login.email.casefold() for login in hub.installation.logins}
    ours |= {account.email.casefold() for account in await hub.accounts() if account.disabled_at is None}
    if command.to.casefold() not in ours:
        raise ProblemError(422, "address", "A rehearsal goes to somebody who can sign in here: nobody has this address.")
