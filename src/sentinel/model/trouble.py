"""Trouble: what can be wrong with Sentinel itself, by kind. Each is a line of docs/explanation/own-trouble.md.

`warning` alone is no trouble of ours: an early warning of a detector that opens no incident, told by the same road."""

from enum import StrEnum


class Trouble(StrEnum):
    """`place-blind` and `resolver` are of a place, `channel` of a channel, `agent` of an agent: their names follow a colon."""

    PLACE_BLIND = "place-blind"
    RESOLVER = "resolver"
    CANARIES_SILENT = "canaries-silent"
    DISK_LOW = "disk-low"
    STORE_AWAY = "store-away"
    STORE_SLOW = "store-slow"
    PROBER = "prober"
    CHANNEL = "channel"
    CLOCK_JUMP = "clock-jump"
    AUDIT = "audit"
    UNHEARD = "unheard"
    ASIDE = "aside"
    RETURNS = "returns"
    AGENT = "agent"
    WARNING = "warning"
