"""Writes lifelines.json, what lifelines says of made-up durations: `python tests/estimate/lifelines_golden.py`, where it is
installed. It is no requirement of ours: it brings pandas, scipy and autograd along. Made with lifelines 0.30.3.
"""

import json
from pathlib import Path
from random import Random

from lifelines import KaplanMeierFitter, __version__  # type: ignore[import-not-found]  # see above


def cases() -> list[dict[str, object]]:
    """Durations in minutes, some censored, many tied; and some with whole-number weights."""
    draw = Random("lifelines")
    found: list[dict[str, object]] = []
    for number, count in enumerate((1, 2, 5, 12, 40, 150)):
        for censored in (0.0, 0.3):
            lasted = [float(round(draw.lognormvariate(4, 1), number % 3)) for _ in range(count)]
            ended = [draw.random() >= censored for _ in range(count)]
            weights = [draw.randint(1, 4) if number % 2 else 1 for _ in range(count)]
            fitted = KaplanMeierFitter().fit(lasted, ended, weights=weights)
            steps = [[float(at), float(share)] for at, share in fitted.survival_function_["KM_estimate"].items() if at > 0]
            median = float(fitted.median_survival_time_)
            found.append(
                {
                    "lasted": lasted,
                    "ended": ended,
                    "weights": weights,
                    "steps": steps,
                    "median": None if median == float("inf") else median,
                }
            )
    return found


if __name__ == "__main__":
    made = {"lifelines": __version__, "cases": cases()}
    Path(__file__).with_name("lifelines.json").write_text(json.dumps(made) + "\n", encoding="utf-8")
