"""`sentinel worker`: a worker until a signal ends it."""

import asyncio
import logging
from collections.abc import Collection
from pathlib import Path

import uvloop

from sentinel.model.delivery import Lane
from sentinel.run.start import begin_log, made
from sentinel.run.stop import Stop
from sentinel.run.wiring import make_worker
from sentinel.run.worker import Worker

log = logging.getLogger(__name__)


def main(config: Path, lanes: Collection[Lane]) -> int:
    """Work until SIGTERM or SIGINT. The exit code: 0, or why it did not start."""
    begin_log()
    worker = made(lambda: make_worker(config, lanes))
    uvloop.run(_work(worker))
    return 0


async def _work(worker: Worker) -> None:
    stop = Stop(asyncio.get_running_loop(), worker.reload)
    running = asyncio.create_task(worker.run())
    log.info("a worker of Sentinel %s sends on %s", worker.installation.name, ", ".join(worker.lanes))
    await stop.asked()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await stop.close(worker.store)
