"""The guide: each step ticks itself off when it has happened, and the words say what comes next. Tables over facts."""

from dataclasses import replace

import pytest

from sentinel.demo.guide import STEPS, WRONG, Facts, Round, guide
from sentinel.demo.services import How

WELL = {"payments": How.HEALTHY, "quoting": How.HEALTHY}
STOPPED = WELL | {"payments": How.REFUSE}
BEGUN = Round(incident=3, reference="3-A", headline="Online payments are not working", services=("payments",))
KNOWN = replace(BEGUN, staff_told=True)
DRAFTED = replace(KNOWN, waiting="opened", count=143)
APPROVED = replace(KNOWN, approved_by="Lena Hart", sending=143)
TOLD = replace(APPROVED, told=143)
OVER = replace(TOLD, is_over=True)
AGAIN = replace(OVER, told_again=143)


@pytest.mark.parametrize(
    ("facts", "done", "words"),
    [
        (Facts(seen=WELL), 0, "Everything works"),
        (Facts(seen=STOPPED, titles={"payments": "Online payments"}), 1, "Online payments is stopped"),
        (Facts(seen=STOPPED, round=BEGUN), 1, "Slack and the desk's mail are on their way"),
        (Facts(seen=STOPPED, round=KNOWN), 2, "is being drafted"),
        (Facts(seen=STOPPED, round=DRAFTED), 2, "A message to 143 customers"),
        (Facts(seen=STOPPED, round=APPROVED), 3, "0 of 143"),
        (Facts(seen=STOPPED, round=replace(APPROVED, told=142)), 3, "142 of 143"),
        (Facts(seen=STOPPED, round=TOLD), 4, "All 143 have one message"),
        (Facts(seen=WELL, round=TOLD), 5, "All its checks are well"),
        (Facts(seen=WELL, round=OVER), 5, "0 of 143 so far"),
        (Facts(seen=WELL, round=AGAIN), 6, "know of the end"),
    ],
)
def test_a_round_from_the_first_step_to_the_last(facts: Facts, done: int, words: str) -> None:
    shown = guide(facts)
    assert sum(step.done for step in shown.steps) == done
    assert [step.done for step in shown.steps] == [True] * done + [False] * (len(STEPS) - done)
    assert [step.is_next for step in shown.steps].index(True) == done if done < len(STEPS) else True
    assert words in shown.next
    assert shown.do


def test_a_new_break_begins_a_new_round_while_the_last_one_is_over() -> None:
    shown = guide(Facts(seen=WELL | {"quoting": How.ERROR}, round=AGAIN))
    assert [step.done for step in shown.steps] == [True] + [False] * 5
    assert shown.incident == 0
    assert "Quoting answers with an error" in shown.next


def test_who_heals_before_approving_skips_steps_and_is_told_so() -> None:
    shown = guide(Facts(seen=WELL, round=replace(KNOWN, is_over=True)))
    assert [step.done for step in shown.steps] == [True, True, False, False, True, False]
    assert "nobody is owed another" in shown.next


def test_a_certificate_that_runs_out_soon_bothers_nobody() -> None:
    shown = guide(Facts(seen=WELL | {"payments": How.EXPIRING}))
    assert not any(step.done for step in shown.steps)
    assert "No customer is bothered" in shown.next


def test_a_hub_that_does_not_answer_is_said() -> None:
    assert "does not answer" in guide(Facts(seen=STOPPED, answers=False)).next


def test_a_promise_about_to_lapse_and_a_later_draft_ask_for_a_person() -> None:
    assert "still holds" in guide(Facts(seen=STOPPED, round=replace(TOLD, asked=True))).next
    assert "(widened)" in guide(Facts(seen=STOPPED, round=replace(TOLD, waiting="widened", count=2))).next


def test_every_way_to_be_has_words() -> None:
    assert set(WRONG) == set(How)
