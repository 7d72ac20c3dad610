"""Aimed scenes: each small, and aimed at one way of going wrong, so that a planted bug shows itself within seconds.

`sending` and `deciding` play with a hub and its providers, `downtime` with a hub that was away, `rebind` with a resolver that
lies; `table` names them. What they count, and as what, are the oracles of every other part. Without a bug each must hold.
"""
