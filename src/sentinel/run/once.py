"""Once: a check of the files, looked at by hand.

Belongs here: which check a name means, and one sample of it. Does not belong here: the sample itself (probe/once.py), how it is
shown (cli/check.py).
"""

from collections.abc import Mapping

from sentinel.config.problem import nearest, quoted
from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.probe.once import Sampled, lives_in, sample
from sentinel.run.clock import Clock


class NoSuchCheck(Exception):
    """No check that can be looked at by hand goes by this name. Its text says why, and what to write instead."""


def named(name: str, checks: Mapping[str, Check]) -> Check:
    """The check of that id, or the only one whose own name it is (`form` for `payments.form`). Raises NoSuchCheck."""
    found = [checks[name]] if name in checks else [check for check in checks.values() if check.id == f"{check.service}.{name}"]
    if not found:
        own = (check.id.partition(".")[2] for check in checks.values())
        raise NoSuchCheck(f"there is no check {quoted(name)}: {nearest(name, {*checks, *own} if '.' not in name else checks)}")
    if len(found) > 1:
        raise NoSuchCheck(f"several checks are called {quoted(name)}: {', '.join(sorted(check.id for check in found))}")
    if lives_in(found[0].kind) == "hub":
        raise NoSuchCheck(f"{found[0].id} is a {found[0].kind}: nobody looks, it reports to the hub; `sentinel board` shows it")
    return found[0]


async def look(check: Check, installation: Installation, clock: Clock) -> Sampled:
    """One sample under the guard of the files. It is told to nobody: neither the hub nor the history hears of it."""
    return await sample(check, installation.guard.allow, clock.now())
