"""`sentinel verify`: whether everything in the store is as it must be. It reads, and may run while the hub does."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import click

from sentinel.cli.hub import REFUSED, USAGE, end, plain
from sentinel.cli.place import Place, config_option, json_option, place_of

WRONG = 1
_SEAL = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@click.command()
@click.option("--store", type=click.Path(path_type=Path, dir_okay=False), help="A copy of a store, or a backup, instead.")
@click.option("--seal", default="", metavar="PLACE:SEAL",
              help="A line of the audit as the log or an earlier --json noted it: it must be there still.")  # fmt: skip
@config_option
@json_option
@click.pass_context
def verify(context: click.Context, store: Path | None, seal: str, config: Path, as_json: bool) -> None:
    """Check the books, the audit, the timelines, the approvals and all the rest of the store, and change nothing.

    Exit code 0: all is as it must be. 1: it is not; each finding says what, where, and what to do.
    """
    from sentinel.store import audit, reading
    from sentinel.store import verify as checks
    from sentinel.store.trouble import StoreTrouble

    noted = _SEAL.fullmatch(seal)
    if seal and noted is None:
        end(USAGE, "seal", "Write the seal as it was noted: a number, a colon, and 64 hexadecimal digits.", as_json=as_json)
    place = Place(store=store) if store is not None else place_of(config, as_json=as_json)
    try:
        with reading.snapshot(place.store, place.url) as c:
            found = list(checks.run(c, (int(noted[1]), noted[2]) if noted else None))
            counted, last = checks.counted(c), audit.anchor(c, audit.LAST)
    except (reading.NoStore, StoreTrouble) as why:
        end(REFUSED, "no_store", f"{why}.", as_json=as_json)
    wrong = [finding for _, findings in found for finding in findings]
    if as_json:
        said = {"valid": not wrong, "findings": [asdict(each) for each in wrong], "checks": [says for says, _ in found]}
        click.echo(
            json.dumps(
                said | {"counted": dict(counted), "audit": f"{last.seq}:{last.seal}" if last else ""}, ensure_ascii=False
            )
        )
    else:
        for says, findings in found:
            click.echo(f"{'WRONG' if findings else 'ok':5} {says}")
            for each in findings:
                click.echo(plain(f"      {each.where}: {each.what}.\n        {each.mend}"))
        click.echo(f"Looked at {', '.join(f'{n} {what}' for what, n in counted.items())}.")
        if last is not None:
            click.echo(f"The audit stands at {last.seq}:{last.seal}")
    if wrong:
        context.exit(WRONG)
