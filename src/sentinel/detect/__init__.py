"""Observations → Signals. Pure: what is remembered comes in as `Hysteresis` and goes out the same way.

Belongs here: when a check is in trouble and when it is well again (`kind/`, one file a detector), what the board shows.
Does not belong here: looking (probe/), and what trouble of several checks together means (incident/).
"""
