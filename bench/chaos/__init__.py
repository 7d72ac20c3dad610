"""Chaos: the hub is killed with kill -9 at chosen points of a whole day, and everybody's inbox is compared with its ledger.

`points` names where, `plan` in which order, `trap` and `run` get there, `truth` reads what lay on disk, `oracle` judges.
"""
