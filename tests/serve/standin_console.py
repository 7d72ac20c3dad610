"""The console's part of the hub in memory: what one person received, and finding a delivery."""

from dataclasses import replace

from sentinel.model.delivery import Delivery, State
from sentinel.serve.console.port import Received
from sentinel.serve.port import DeliveryPage, NoticeView
from tests.serve import world


class MemoryConsole:
    """Reads the stand-in's own ledger."""

    ledger: dict[int, Delivery]
    notices: dict[int, NoticeView]
    mark: str

    async def received(self, delivery: int) -> Received | None:
        row = self.ledger.get(delivery)
        if row is None:
            return None
        body = world.body("en", self.mark, filled=True)
        body = replace(body, text=body.text.replace("Ana Ortiz", row.name))
        moves = ((world.BEGAN, "Put into the queue."), (world.NOW, f"Accepted.{self.mark}"))
        return Received(
            delivery=row,
            notice=self.notices[row.notice].notice,
            subject=body.subject,
            text=body.text,
            short=body.short,
            moves=moves,
            ref=f"<1@example>{self.mark}",
        )

    async def find_deliveries(
        self, notice: int, text: str, state: State | None, limit: int, *, bounced: bool = False
    ) -> DeliveryPage:
        wanted = text.casefold()
        found = [
            row
            for row in self.ledger.values()
            if row.notice == notice
            and state in (None, row.state)
            and (row.bounced_at is not None or not bounced)
            and any(wanted in each.casefold() for each in (row.person, row.name, row.address))
        ]
        return DeliveryPage(notice=notice, deliveries=tuple(found[:limit]))
