"""Task: a check made ready in the child that probes it: its kind's file, options and rules, or why it cannot be probed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from sentinel.model.check import Check
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Rules, Seen, rules
from sentinel.probe.schedule import Plan

RULES_SHARED: Final = 256
"""Ways of asking that are remembered for the next check that asks the same."""
Read: TypeAlias = Callable[[Any, Seen, datetime], Seen]
"""(options, what was seen, now): what was seen, with the kind's own facts."""


@dataclass(slots=True, eq=False)
class Task:
    """A check made ready. `fault`: why this child cannot look."""

    check: Check
    kind: ModuleType | None = None
    options: Any = None
    rules: Rules = field(default_factory=Rules)
    timeout: float = 0.0
    host: str = ""
    fault: str = ""
    spare: list[Any] = field(default_factory=list)
    """What the child keeps ready between samples."""
    read: Read | None = None
    """A `curl` kind that makes facts of its own of an answer: its `read`. It raises trouble.Failed."""
    witness: str = ""
    """Whom a kind asks about something else ("Prometheus says nothing"): that nobody answers says nothing of that."""


def ready(check: Check, lives_in: str) -> Task:
    """A check with its options and conditions validated here too: what comes over the wire is not trusted."""
    task = Task(check, timeout=check.timeout.total_seconds())
    try:
        kind = import_module(f"sentinel.probe.kind.{check.kind}") if check.kind.isidentifier() else None
        if kind is None or lives_in != kind.LIVES_IN:
            raise ImportError
        task.options = kind.Options.model_validate_json(json.dumps(dict(check.options)))  # so that text can be a Secret
        task.rules = _rules(kind, json.dumps([dict(block) for block in (check.up, check.healthy, check.calm)]))
        task.host = kind.host(task.options)
        task.read = getattr(kind, "read", None)
        task.witness = getattr(kind, "WITNESS", "")
        task.kind = kind
    except ImportError:
        task.fault = f"this prober has no kind {check.kind}"
    except ValidationError as error:
        where = ", ".join(".".join(str(step) for step in wrong["loc"]) or check.kind for wrong in error.errors()[:3])
        task.fault = f"this prober cannot read the check: {where}"
    return task


@lru_cache(maxsize=RULES_SHARED)
def _rules(kind: ModuleType, written: str) -> Rules:
    """What its blocks ask of a check of this kind. Most checks ask the same as others, and share it: each had up to 14 KB."""
    up, healthy, calm = (Conditions.model_validate(block) for block in json.loads(written))
    return rules(kind.assumed(up), healthy, calm)


def plan(task: Task) -> Plan:
    check = task.check
    every = max(0.1, check.every.total_seconds())
    confirm = tuple(offset.total_seconds() for offset in check.confirm)
    return Plan(check=check.id, host=task.host, every=every, confirm=confirm)
