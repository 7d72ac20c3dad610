"""The stand-in's part of the port for scrapers: one module that is there, and a target that is well."""

from collections.abc import Mapping

from sentinel.model.observation import Fact
from sentinel.serve.probe.port import NotProbed, Probed, Refusal

FACTS: Mapping[str, Fact] = {
    "status": 200, "http_version": "1.1", "ip": "192.0.2.7", "bytes": 11, "total_ms": 30.0, "dns_ms": 1.0, "connect_ms": 2.0,
    "tls_ms": 7.0, "first_byte_ms": 19.0, "transfer_ms": 1.0,
}  # fmt: skip


class ProbeStandIn:
    """`scraped` keeps what was asked for; `answer` is given instead of what is usual."""

    def __init__(self) -> None:
        super().__init__()
        self.scraped: list[tuple[str, str, str, float | None]] = []
        self.answer: Probed | Refusal | None = None

    async def probe_for(self, module: str, target: str, hostname: str, within: float | None) -> Probed | Refusal:
        self.scraped.append((module, target, hostname, within))
        if module != "http_2xx":
            return Refusal(why=NotProbed.UNKNOWN, said=f"Unknown module {module!r}")
        if self.answer is not None:
            return self.answer
        length = {"content-length": "11"}
        return Probed(kind="http", success=True, seconds=0.03, within=within or 10.0, facts=FACTS, headers=length,
                      first_expiry=1800000000.0)  # fmt: skip
