"""`sentinel export`: what outlives the hub: the public status page as static files, the same bytes that the hub serves."""

import re
from pathlib import Path

import click

from sentinel.cli.hub import BROKEN, HubClient, hub_options
from sentinel.cli.whole import write_whole

DOCUMENTS = (
    "summary.json",
    "status.json",
    "components.json",
    "incidents.json",
    "incidents/unresolved.json",
    "scheduled-maintenances.json",
    "scheduled-maintenances/upcoming.json",
    "scheduled-maintenances/active.json",
)
_LANGUAGE = re.compile(r'(?:<html lang|hreflang)="([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)"')
_STATIC = re.compile(r'href="/(static/[a-z-]+\.(?:css|svg))')


@click.group()
def export() -> None:
    """Write files that outlive the hub."""


@export.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@hub_options
def status(hub: HubClient, folder: Path) -> None:
    """Write the public status page into FOLDER as static files, for any web server.

    Run it every minute (cron, a systemd timer): when the hub is gone, the last page stands, and says as of when it is.
    """
    page = hub.download("/status").decode()
    files = {"index.html": "/status", "status/index.html": "/status", "status/history/index.html": "/status/history"}
    for language in sorted(set(_LANGUAGE.findall(page))):
        files |= {
            f"status/{language}/index.html": f"/status/{language}",
            f"status/{language}/history/index.html": f"/status/{language}/history",
        }
    files |= {name: f"/{name}" for name in ("history.atom", "history.rss", *sorted(set(_STATIC.findall(page))))}
    files |= {f"api/v2/{name}": f"/api/v2/{name}" for name in DOCUMENTS}
    # Everything is fetched before anything is written: a hub that fails half way leaves the last export whole.
    fetched = {name: hub.download(path) for name, path in files.items()}
    try:
        for name, body in fetched.items():
            write_whole(folder / name, body)
    except OSError as error:
        hub.end(BROKEN, "not_written", f"{error.filename or folder} cannot be written ({error.strerror}).")
    if hub.as_json:
        click.echo(f'{{"files": {len(fetched)}}}')
    else:
        click.echo(f"{len(fetched)} files written to {folder}.")
