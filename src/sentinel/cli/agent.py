"""`sentinel agent`. What an agent does is in run/agent/."""

import sys
from pathlib import Path

import click

from sentinel.cli.lasting import load


@click.command()
@click.option("--hub", required=True, metavar="URL", help="Where the hub is reached: https://sentinel.northwind.example")
@click.option("--place", required=True, metavar="NAME", help="The place of `places:` in sentinel.yaml where this agent is.")
@click.option("--token", envvar="SENTINEL_AGENT_TOKEN", default="", show_default=False,
              help="What `sentinel place add` showed. Better in SENTINEL_AGENT_TOKEN: others see a command line.")  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), default=Path("sentinel-agent"), show_default=True,
              help="A folder of its own: its credential, and what the hub has still to get.")  # fmt: skip
@click.option("--trust", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE",
              help="Certificates (PEM) to trust instead of the machine's own.")  # fmt: skip
@click.option("--without-tls", is_flag=True, help="Allow http:// beyond this machine. Only inside a tunnel of your own.")
def agent(hub: str, place: str, token: str, state: Path, trust: Path | None, *, without_tls: bool) -> None:
    """Probe from another place and report to the hub, until stopped (SIGTERM or Ctrl-C)."""
    start = load("sentinel.run.agent.start")
    sys.exit(start.main(hub, place, token.strip(), state, trust=trust, without_tls=without_tls))
