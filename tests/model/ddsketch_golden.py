"""Writes ddsketch.json, what DDSketch says of made-up values: `python tests/model/ddsketch_golden.py`, where it is installed.
It is no requirement of ours. Made with ddsketch 3.0.1, its own logarithmic mapping and unbounded store, gamma 1.02.
"""

import json
from importlib.metadata import version
from pathlib import Path
from random import Random

from ddsketch import DDSketch  # type: ignore[import-not-found]  # see above

ACCURACY = 0.02 / 2.02
"""By which its gamma is 1.02."""
SHARES = (0.0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1.0)


def cases() -> list[dict[str, object]]:
    """Times in microseconds, values of every size and sign with zeros among them, and the same value many times."""
    draw = Random("ddsketch")
    every = [
        *([round(draw.lognormvariate(11, 0.5)) for _ in range(count)] for count in (1, 2, 7, 100)),
        *([draw.choice((-1, 1)) * draw.randrange(10 ** draw.randrange(1, 16)) for _ in range(count)] for count in (3, 40, 150)),
        [0, 0, 0, 5, -5],
        [123_456] * 20,
        [-draw.randrange(1, 1000) for _ in range(30)],
    ]
    return [_case(values) for values in every]


def _case(values: list[int]) -> dict[str, object]:
    sketch = DDSketch(ACCURACY)
    for value in values:
        sketch.add(value)
    return {"values": values, "quantiles": [sketch.get_quantile_value(share) for share in SHARES], "sum": sketch.sum}


if __name__ == "__main__":
    made = {"ddsketch": version("ddsketch"), "accuracy": ACCURACY, "shares": SHARES, "cases": cases()}
    Path(__file__).with_name("ddsketch.json").write_text(json.dumps(made) + "\n", encoding="utf-8")
