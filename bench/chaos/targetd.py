"""targetd: the zoo of targets, in a process of its own. `python -m bench.chaos.targetd` prints its addresses and obeys orders.

An order is a JSON object a line: `{"break": "payments", "how": "refuse"}`, `{"heal": "payments"}`, `{"flap": "payments",
"every": 0.5}`. The animals are the demo's company: up, refusing, failing, slow, hanging, wrong; here they also flap.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sentinel.demo.services import Company, How


class Zoo:
    """Obeys orders about one company."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._flapping: dict[str, asyncio.Task[None]] = {}

    def obey(self, said: Mapping[str, Any]) -> None:
        """One order. Whatever is said of a target ends its flapping."""
        name = str(said.get("break") or said.get("heal") or said.get("flap"))
        if task := self._flapping.pop(name, None):
            task.cancel()
        if "break" in said:
            self._company.break_(name, How(said.get("how", "refuse")))
        elif "heal" in said:
            self._company.heal(name)
        else:
            self._flapping[name] = asyncio.create_task(self._flap(name, float(said.get("every", 0.5))))

    async def _flap(self, name: str, every: float) -> None:
        while True:
            for how in (How.REFUSE, How.HEALTHY):
                self._company.break_(name, how)
                await asyncio.sleep(every)


async def main() -> None:
    """Serve until the standard input ends."""
    company = Company()
    await company.start()
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    zoo = Zoo(company)
    print(json.dumps(dict(company.urls)), flush=True)
    while line := await orders.readline():
        with suppress(KeyError, ValueError):
            zoo.obey(json.loads(line))
        print("{}", flush=True)
    await company.stop()


if __name__ == "__main__":
    asyncio.run(main())
