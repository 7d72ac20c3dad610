"""How long will it take: past incidents and `now` → Estimate, the Promise made of it, and how both are graded.

Belongs here: durations and the instants made of them. Does not belong here: whether customers are told (notify), the wording
of a time (notify), the figures of a whole month (report).
"""
