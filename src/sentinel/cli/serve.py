"""`sentinel serve`. What running a hub means is in run/serve.py."""

import sys
from importlib import import_module
from pathlib import Path

import click


@click.command()
@click.option("--config", type=click.Path(path_type=Path), default=Path("sentinel.yaml"), show_default=True,
              help="The installation's file.")  # fmt: skip
def serve(config: Path) -> None:
    """Run the hub until it is stopped (SIGTERM or Ctrl-C)."""
    sys.exit(import_module("sentinel.run.serve").main(config))
