"""Planting: putting a bug in the place of something that must be there. Nothing else belongs here."""

from typing import Any


def plant(owner: Any, name: str, bug: Any) -> Any:
    """Put `bug` there; what it was. AttributeError if the product has no such thing any more."""
    was = getattr(owner, name)
    setattr(owner, name, bug)
    return was
