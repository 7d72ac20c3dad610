"""What the figures of the scorecard are called. Pure."""

from datetime import timedelta

from sentinel.estimate.card import ENOUGH
from sentinel.estimate.grade import Score
from sentinel.serve.clockface import length_words

CLAIMED = 0.8
BASES = {
    "history": "from past incidents",
    "engineer": "named by a person",
    "vendor": "named by a vendor",
    "confirmed": "confirmed",
}
FEW = "too few to say"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def mark_words(mark: timedelta) -> str:
    return "At the beginning" if not mark else f"After {mark // timedelta(minutes=1)} min"


def is_few(score: Score) -> bool:
    return score.graded < ENOUGH


def between_words(score: Score) -> str:
    """ "71 % to 92 %": where the true share lies."""
    return "" if score.between is None else f"{percent(score.between[0])} to {percent(score.between[1])}"


def lean_words(score: Score) -> str:
    """Positive: it usually lasts longer than said."""
    if score.lean is None or is_few(score):
        return FEW
    if abs(score.lean) < timedelta(minutes=1):
        return "neither"
    return f"{length_words(abs(score.lean))} too {'early' if score.lean > timedelta(0) else 'late'}"


def verdict(score: Score) -> str:
    """The one sentence at the top."""
    if is_few(score) or score.covered is None or score.between is None:
        return f"{FEW[0].upper()}{FEW[1:]}: {score.graded} graded so far, and it takes {ENOUGH}."
    low, high = score.between
    share = f"{percent(score.covered)} of {score.graded}"
    if low <= CLAIMED <= high:
        return f"We claim that 80 % are over in time, and {share} were: the claim holds, as far as so many can tell."
    if high < CLAIMED:
        return f"We claim that 80 % are over in time, and only {share} were: our times are too early."
    return f"We claim that 80 % are over in time, and {share} were: our times are later than they need be."
