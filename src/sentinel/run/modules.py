"""Modules: those of blackbox_exporter that the files hold, and the check that one of them means for a target.

Belongs here: reading them, our limits. Does not belong here: what a module's words mean (exchange/blackbox.py).
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from sentinel.exchange import blackbox
from sentinel.exchange.translated import Translated
from sentinel.model.check import Check
from sentinel.model.kinds import Kinds

LARGEST: Final = 1_000_000
LONGEST_LOOK: Final = timedelta(seconds=25)
"""Of a sample that a scraper waits for."""
USUAL_LOOK: Final = timedelta(seconds=10)


class Unfit(Exception):
    """What a module asks of a target cannot be looked at. `reasons`: each of them, in words."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def read_modules(path: Path) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """The modules of a file of blackbox_exporter, and what is wrong with it."""
    written, wrong = _written(path)
    return ({}, wrong) if wrong else blackbox.modules(written)


def modules_of(config: Path) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Those that a sentinel.yaml holds under `modules` and names by `modules_file`, and what is wrong with them."""
    written, wrong = _written(config)
    if wrong or not isinstance(written, Mapping):
        return {}, wrong or [f"{config.name} is no installation"]
    named, own = written.get("modules_file"), written.get("modules")
    of_file, wrong = read_modules(config.parent / named) if isinstance(named, str) else ({}, [])
    beside, wrong_beside = blackbox.modules({"modules": own}) if own else ({}, [])
    return {**of_file, **beside}, [*wrong, *wrong_beside]


def _written(path: Path) -> tuple[Any, list[str]]:
    """What stands in a file of YAML, or why it cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        written = yaml.load(raw, Loader=yaml.CSafeLoader) if len(raw) <= LARGEST else None
    except OSError as error:
        return None, [f"{path.name} cannot be read ({error.strerror})"]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return None, [f"{path.name} is not YAML" + (f" (line {mark.line + 1})" if mark else "")]
    return written, [] if len(raw) <= LARGEST else [f"{path.name} is larger than 1 MB"]


def check_of(module: Mapping[str, Any], target: str, kinds: Kinds, *, hostname: str = "", within: float | None = None) -> Check:
    """The check that `module` means for `target`, with its options validated. `within`: seconds that a scraper leaves. Raises
    Unfit."""
    made = blackbox.translate(module, target, hostname)
    if made.cannot:
        raise Unfit(*made.cannot)
    options = fitted(made, kinds)
    seconds = made.seconds or USUAL_LOOK.total_seconds()
    limit = min(seconds, within if within else seconds, LONGEST_LOOK.total_seconds())
    return Check(
        id="asked", service="asked", kind=made.kind, options=options, up=made.up, timeout=timedelta(seconds=max(0.1, limit))
    )


def fitted(made: Translated, kinds: Kinds) -> dict[str, Any]:
    """Its options as a check holds them. Raises Unfit with what its kind says against them."""
    if made.kind not in kinds.names("probe"):
        raise Unfit(f"there is no kind `{made.kind}` here")
    try:
        options = kinds.options("probe", made.kind).model_validate_json(json.dumps(made.options))
        kinds.conditions().model_validate(made.up)
    except ValidationError as error:
        raise Unfit(*(_said(one) for one in error.errors()[:5])) from None
    data: dict[str, Any] = options.model_dump(mode="json", by_alias=True, context={"reveal": True})
    return data


def _said(one: Any) -> str:
    where = ".".join(str(step) for step in one["loc"])
    what = str(one["msg"]).removeprefix("Value error, ")
    return f"`{where}`: {what}" if where else what
