"""journey: does what a customer does, step by step: signs in, hands in, sees it arrive, tidies up. Steps are data, never code.

Lives in the `loop` child. Belongs here: its options and the facts that it gives. Does not belong here: the steps themselves
(journey/), when to probe (schedule.py), what is good (condition.py).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.web import web_address
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Seen
from sentinel.probe.journey import step as steps_as_written
from sentinel.probe.journey.fill import Secrets
from sentinel.probe.journey.step import Step
from sentinel.probe.journey.walk import walk
from sentinel.probe.reach import Reach

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "total_ms": "number", "step": "text", "steps_done": "number", "cleaned_up": "yes or no", "clean_up_trouble": "text",
}  # fmt: skip


class Options(BaseModel):
    """The steps, and what they are given."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=20)]
    """What is done, in this order, until a step fails."""
    always: Annotated[tuple[Step, ...], Field(max_length=5)] = ()
    """What is done afterwards in any case, in the time that is kept back for it: a quarter, at most 10 s."""
    secrets: Secrets = {}
    """Name → a reference; steps write `{name}`."""
    site: Annotated[str, Field(max_length=8192), AfterValidator(web_address)] | None = None
    """What addresses stand on that begin with /."""
    verify: bool = True
    """Whether certificates must be valid for their hosts."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""

    @model_validator(mode="after")
    def _make_sense_together(self) -> "Options":
        every = (*self.steps, *self.always)
        steps_as_written.told_apart([step.step for step in every])
        written = [(step.step, step.model_dump(mode="json", by_alias=True, exclude={"keep", "step"})) for step in every]
        kept = [step.keep for step in every]
        steps_as_written.known(((*one, names) for one, names in zip(written, kept, strict=True)), self.secrets)
        for step in every:
            if step.url is not None:
                self._aimed(step.step, step.url)
        if any(step.mail is not None for step in self.always):
            raise ValueError("`always` waits for no mail")
        return self

    def _aimed(self, step: str, url: str) -> None:
        if url.startswith("/"):
            if self.site is None:
                raise ValueError(f"step `{step}`: its address begins with /, so say what `site` it stands on")
        elif not url.startswith("{"):
            try:
                web_address(url)
            except ValueError as error:
                raise ValueError(f"step `{step}`: {error}") from None


def facts_of(options: Mapping[str, Any]) -> Mapping[str, FactType]:
    """How long each step takes."""
    return steps_as_written.facts_of(str(step["step"]) for step in (*options["steps"], *options.get("always", ())))


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    urls = [step.url for step in options.steps if step.url]
    first = urls[0] if urls else ""
    return urlsplit(options.site or "" if first.startswith("/") else first).hostname or (options.steps[0].step)


def assumed(up: Conditions) -> Conditions:
    """Each step says for itself what must hold."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """One walk through all steps."""
    return await walk(
        options.steps, options.always, options.secrets, reach, site=options.site or "", ca=options.ca, verify=options.verify
    )
