"""What a scraper asks for, had from the child that is kept for it.

Does not belong here: the child's pipe (asking.py), what a module means (modules.py), the metrics' names (serve/probe/).
"""

from typing import Any

from sentinel.model.observation import Verdict
from sentinel.run.asking import Asking, Broken, Busy
from sentinel.run.kinds import FoundKinds
from sentinel.run.modules import Unfit, check_of
from sentinel.run.reads import Reads
from sentinel.serve.probe.port import NotProbed, Probed, Refusal


class ScrapedViews(Reads):
    """Implements serve.probe.port.ProbePort."""

    @property
    def asking(self) -> Asking | None:
        """Who looks; None for views that no process runs."""
        return None

    async def probe_for(self, module: str, target: str, hostname: str, within: float | None) -> Probed | Refusal:
        wanted, asking = self.installation.modules.get(module), self.asking
        if wanted is None or asking is None:
            return Refusal(why=NotProbed.UNKNOWN, said=f"Unknown module {module[:100]!r}: see `modules` in sentinel.yaml")
        try:
            check = check_of(wanted, target, FoundKinds(), hostname=hostname, within=within)
            said = await asking.sample(check, self.installation.guard.allow)
        except Unfit as unfit:
            return Refusal(why=NotProbed.UNFIT, said=f"Module {module[:100]!r} cannot be asked of this target: {unfit}")
        except Busy:
            return Refusal(why=NotProbed.BUSY, said="Too many samples are under way. Scrape less often, or less at a time.")
        except Broken as broken:
            return Refusal(why=NotProbed.BROKEN, said=str(broken))
        return _probed(check.kind, check.timeout.total_seconds(), said)


def _probed(kind: str, within: float, said: dict[str, Any]) -> Probed:
    """`unknown` is no success: over there nothing else can be said of trouble of one's own."""
    total = said["facts"].get("total_ms")
    return Probed(
        kind=kind,
        success=said["verdict"] in (Verdict.UP, Verdict.DEGRADED),
        seconds=float(total) / 1000 if isinstance(total, int | float) else 0.0,
        within=within,
        reason=str(said["reason"]),
        facts=said["facts"],
        headers=said["headers"],
        failed=tuple(said["asserted_failed"]),
        first_expiry=said["first_expiry"],
    )
