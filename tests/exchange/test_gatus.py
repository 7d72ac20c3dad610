"""Gatus' examples of conditions: each holds here as it does there, or is refused with the reason."""

import pytest

from sentinel.exchange.gatus import translate
from sentinel.model.observation import Verdict
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Seen, judge, rules
from tests.exchange.gatus_cases import EXAMPLES, NONE, Example


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: f"{example.condition} {example.body or dict(example.facts)}"[:90]
)
def test_it_holds_as_it_does_there_or_says_why_not(example: Example) -> None:
    made = translate([example.condition])
    if example.ours is None:
        assert made.cannot[example.condition].startswith(example.why)
        assert not made.up
        return
    assert not made.cannot
    asked = rules(Conditions.model_validate(made.up), Conditions(), Conditions())
    holds = judge(Seen(facts=example.facts, body=example.body.encode()), asked).verdict is Verdict.UP
    assert holds == example.ours


def test_where_it_does_not_agree_it_says_why() -> None:
    assert [example.condition for example in EXAMPLES if not example.agrees and not example.why] == []


@pytest.mark.parametrize("condition", NONE)
def test_what_is_no_condition_there_is_none_here(condition: str) -> None:
    assert translate([condition]).cannot[condition].startswith("it is no condition")


def test_several_conditions_become_one_block() -> None:
    made = translate(["[STATUS] == 200", "[RESPONSE_TIME] < 300", "[BODY].status == UP", "[CERTIFICATE_EXPIRATION] > 48h"])
    json = [{"path": "status", "op": "==", "value": "UP"}]
    assert made.up == {"status": 200, "below_ms": 300.0, "json": json, "certificate_days": 2.0}
