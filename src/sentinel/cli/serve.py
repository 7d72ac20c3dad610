"""`sentinel serve`. What running a hub means is in run/serve.py."""

import sys
from pathlib import Path

import click

from sentinel.cli.lasting import load


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=Path("sentinel.yaml"), show_default=True,
              help="The installation's file.")  # fmt: skip
def serve(config: Path) -> None:
    """Run the hub until it is stopped (SIGTERM or Ctrl-C)."""
    sys.exit(load("sentinel.run.serve").main(config))
