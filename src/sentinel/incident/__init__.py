"""Signals, commands and the time → timeline entries. Pure: the timeline is the truth, an incident is its fold.

Belongs here: phases, grouping, recovery and its hold, what people may do. Does not belong here: when a check is in trouble
(detect/), whom to tell of it (notify/), keeping the timeline (store/).
"""
