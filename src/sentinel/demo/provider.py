"""Providers of messages on one port: a mail API, texts, PagerDuty, Teams, Alertmanager, a webhook's receiver, Slack's webhook.

Belongs here: the server, what happened (`effects`), repeats, and going wrong on purpose (mishap.py). Does not belong here: each
provider's protocol (dialects.py).

What a sender must not do twice is an *effect*: a request that was understood and not known as a repeat.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sentinel.demo.change import Change
from sentinel.demo.dialects import DIALECTS, Heard, Terms, answer
from sentinel.demo.mishap import Answer, Drop, Hook, Moment, Refuse, Step, nothing
from sentinel.demo.wire import Reply, Request, Wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One message that went out. `said` is what was sent, as parsed."""

    number: int
    session: int
    arrived_at: datetime
    dialect: str
    path: str
    to: str
    key: str
    said: Any
    headers: Mapping[str, str]
    body: bytes


class Provider:
    """`url` is the base of all of them. `terms` and `hook` may be changed at any time.

    A repeat of a key gets the reply that the first one got; another body under the same key is refused, as providers do.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        hook: Hook = nothing,
        terms: Terms | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.terms = terms or Terms(clock=clock)
        self.hook = hook
        self.reached: Counter[Step] = Counter()
        """How often each step was reached."""
        self._clock = clock
        self._wire = Wire(self._answer, port=port, greeting=self._greet)
        self._effects: list[Effect] = []
        self._known: dict[tuple[str, str], tuple[bytes, Reply]] = {}
        self._changed = Change()

    @property
    def url(self) -> str:
        return self._wire.url

    @property
    def port(self) -> int:
        return self._wire.port

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Everything that went out, in order."""
        return tuple(self._effects)

    async def start(self) -> None:
        """Begin to listen."""
        self._wire.open()

    def shut(self) -> None:
        """Refuse connections and cut those that stand; the port stays ours until `stop`."""
        self._wire.shut()

    async def stop(self) -> None:
        """Cut everything and give the port back. What went out stays readable."""
        await self._wire.close()

    async def until(self, what: Callable[["Provider"], bool], seconds: float = 10.0) -> None:
        """Wait until `what(provider)` is true, asked at each effect. TimeoutError after `seconds`."""
        await self._changed.until(lambda: what(self), seconds)

    async def _greet(self, session: int) -> Answer:
        said = await self._ask(Moment(step=Step.CONNECT, session=session))
        return said if isinstance(said, Drop) else None  # HTTP has no way to refuse before it was asked

    async def _ask(self, moment: Moment) -> Answer:
        self.reached[moment.step] += 1
        return await self.hook(moment)

    async def _answer(self, request: Request) -> Reply | Drop:
        about = {"path": request.path}
        said = await self._ask(Moment(step=Step.ARRIVED, session=request.session, about=about))
        if said is not None:
            return _refusal(said)
        dialect = next((each for beginning, each in DIALECTS if request.path.startswith(beginning)), None)
        if dialect is None or request.method not in ("POST", "PUT"):
            return answer(404 if dialect is None else 405, {"message": "nothing here"})
        heard = dialect(request, self.terms)
        return heard if isinstance(heard, Reply) else await self._take(request, heard, about)

    async def _take(self, request: Request, heard: Heard, about: Mapping[str, str]) -> Reply | Drop:
        known = self._known.get((heard.dialect, heard.key)) if heard.key else None
        if known is not None:
            # A webhook's id is all that its receiver looks at: the body holds the time of the attempt.
            if heard.dialect == "api" and known[0] != request.body:
                return answer(422, {"message": "this key was used with another body"})
            return replace(known[1], headers={**known[1].headers, "Idempotent-Replayed": "true"})
        number = self._keep(request, heard)
        if heard.key:
            self._known[heard.dialect, heard.key] = (request.body, heard.reply)
        self._changed.happened()
        said = await self._ask(Moment(step=Step.TAKEN, session=request.session, number=number, about=about))
        if said is not None:
            return _refusal(said)

        async def replied() -> Answer:
            return await self._ask(Moment(step=Step.REPLIED, session=request.session, number=number, about=about))

        return replace(heard.reply, afterwards=replied)

    def _keep(self, request: Request, heard: Heard) -> int:
        effect = Effect(
            number=len(self._effects) + 1,
            session=request.session,
            arrived_at=self._clock(),
            dialect=heard.dialect,
            path=request.path,
            to=heard.to,
            key=heard.key,
            said=heard.said,
            headers=request.headers,
            body=request.body,
        )
        self._effects.append(effect)
        return effect.number


def _refusal(said: Refuse | Drop) -> Reply | Drop:
    if isinstance(said, Drop):
        return said
    headers = {} if said.after is None else {"Retry-After": str(said.after)}
    return answer(said.code, {"message": said.text}, **headers)
