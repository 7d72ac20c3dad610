"""docs/reference/agreement.md, made of the cases: `python -m tests.exchange.agreement` writes it, a test compares."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.exchange.blackbox_cases import CASES
from tests.exchange.gatus_cases import EXAMPLES

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "agreement.md"
INTRODUCTION: Final = """\
# How far Sentinel agrees with other probers

Made from the cases by `python -m tests.exchange.agreement`. Sentinel's own tests run each of them, those of probers against
real servers, so that what stands here is so.

*yes* and *no*: whether the probe succeeds, or the condition holds. *refused*: it is not taken over, and whoever imports it is
told why. Where it comes out otherwise than there, the reason stands beside it.
"""


def page() -> str:
    """The whole page."""
    agreeing, examples = sum(case.agrees for case in CASES), sum(example.agrees for example in EXAMPLES)
    wrong = [case for case in CASES if case.ours is not None and not case.agrees]
    parts = [
        INTRODUCTION,
        "## blackbox_exporter\n",
        f"Of {len(CASES)} cases of its probers' tests {agreeing} agree, {len(CASES) - agreeing - len(wrong)} are refused and "
        f"{len(wrong)} come out otherwise. Left out: its own plumbing (registries, logs), and what needs the open internet.\n",
        _blackbox(),
        "## Gatus\n",
        f"Of {len(EXAMPLES)} examples of its conditions {examples} agree.\n",
        _gatus(),
    ]
    return "\n".join(parts)


def _blackbox() -> str:
    about: dict[str, list[list[str]]] = defaultdict(list)
    for case in CASES:
        about[case.about].append([_plain(case.name), _word(case.theirs), _word(case.ours), _plain(case.why)])
    return "\n".join(f"### {name}\n\n{_table(['case', 'theirs', 'ours', 'why'], rows)}" for name, rows in about.items())


def _gatus() -> str:
    rows = [
        [f"`{_plain(one.condition)}`", f"`{_plain(one.body or _facts(one.facts.items()))}`", _word(one.theirs), _word(one.ours),
         _plain(one.why)]
        for one in EXAMPLES
    ]  # fmt: skip
    return _table(["condition", "seen", "theirs", "ours", "why"], rows)


def _facts(facts: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts) or "nothing"


def _word(holds: bool | None) -> str:
    return "refused" if holds is None else "yes" if holds else "no"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
