"""The nouns of Sentinel: frozen records and enums, one idea a file.

Belongs here: what every room must agree on. Does not belong here: decisions, reading, writing, formatting.
Records are keyword-only, slotted and frozen; instants are aware and in UTC; durations are `timedelta`; collections are
tuples, or mappings that nobody alters.
"""
