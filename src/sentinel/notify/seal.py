"""Seal: the hash that binds an approval to exactly these words and these quoted facts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sentinel.model.notice import Body, Quoted


def seal(bodies: Iterable[Body], holding: Iterable[Body], closing: Iterable[Body], quoted: Quoted) -> str:
    """sha256, in hex, over the canonical JSON of all wording and the quoted facts. Languages count in any order."""
    return sha256(canonical(bodies, holding, closing, quoted).encode()).hexdigest()


def canonical(bodies: Iterable[Body], holding: Iterable[Body], closing: Iterable[Body], quoted: Quoted) -> str:
    """The JSON that is sealed: sorted keys, no spaces, instants in UTC."""
    record = {"bodies": _forms(bodies), "holding": _forms(holding), "closing": _forms(closing), "quoted": asdict(quoted)}
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _forms(bodies: Iterable[Body]) -> Mapping[str, Mapping[str, str]]:
    return {body.language: asdict(body) for body in bodies}


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a seal")
