"""`sentinel worker`. What a worker does is in run/worker.py."""

import sys
from pathlib import Path

import click

from sentinel.cli.lasting import load
from sentinel.model.delivery import Lane


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=Path("sentinel.yaml"), show_default=True,
              help="The installation's file. It must name a `database:`.")  # fmt: skip
@click.option("--lanes", default=",".join(Lane), show_default=True, metavar="LANE,...",
              help="Only send on these lanes.")  # fmt: skip
def worker(config: Path, lanes: str) -> None:
    """Send messages beside one or more hubs, until stopped (SIGTERM or Ctrl-C). Wants PostgreSQL."""
    sys.exit(load("sentinel.run.work").main(config, _lanes(lanes)))


def _lanes(written: str) -> tuple[Lane, ...]:
    names = [name.strip() for name in written.split(",") if name.strip()]
    for name in names:
        if name not in set(Lane):
            raise click.BadParameter(f"there is no lane {name!r}: {', '.join(Lane)}", param_hint="--lanes")
    if not names:
        raise click.BadParameter(f"name one at least: {', '.join(Lane)}", param_hint="--lanes")
    return tuple(lane for lane in Lane if lane in names)
