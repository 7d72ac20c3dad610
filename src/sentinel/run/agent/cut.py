"""What is left out of a sample for which there is no room: evidence first, then other long texts; its verdict never is.

Belongs here: which facts are shortened, and the words that say so. Does not belong here: how much room there is (spool.py).
"""

import json
from typing import Final

from sentinel.model.observation import Fact
from sentinel.probe.wire import Row

FIRST: Final = ("evidence", "body", "screenshot")
"""What only explains a verdict goes before what was measured."""
GONE: Final = "texts_left_out"
"""The fact that says how many went whole, where shortening was not enough."""
KEPT: Final = 200
"""Characters that stay of a text that is shortened: enough to know it by."""
AROUND: Final = 60
"""Bytes of a sample beside its texts and facts."""


def size(row: Row) -> int:
    """Bytes of it, written down; rather too many than too few."""
    return len(json.dumps(dict(row.facts))) + len(json.dumps(row.reason)) + len(row.check) + AROUND


def cut(row: Row, most: int) -> Row:
    """`row` in `most` bytes, or in as few as its verdict, its reason and its numbers take."""
    over = size(row) - most
    if over <= 0:
        return row
    facts: dict[str, Fact] = dict(row.facts)
    texts = {name: fact for name, fact in facts.items() if isinstance(fact, str)}
    order = sorted(texts, key=lambda name: (name not in FIRST, -len(texts[name])))
    for name in order:  # shorten what is long, as little of it as will do
        if over > 0 and len(short := _shortened(texts[name])) < len(texts[name]):
            over -= _written(texts[name]) - _written(short)
            facts[name] = short
    if over > 0 and order:
        over += len(f', "{GONE}": {len(order)}')
        gone = 0
        while over > 0 and gone < len(order):
            over -= _written(order[gone]) + _written(facts.pop(order[gone])) + len(", : ")
            gone += 1
        earlier = facts.get(GONE)
        facts[GONE] = gone + (earlier if isinstance(earlier, int) else 0)
    return row._replace(facts=facts)


def _shortened(text: str) -> str:
    return f"{text[:KEPT]}… ({len(text) - KEPT:,} more characters were cut: the agent had no room for them)"


def _written(fact: Fact) -> int:
    return len(json.dumps(fact))
