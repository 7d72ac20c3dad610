"""`sentinel demo`: the company, the sinks and a hub on loopback; with `--story`, a story that plays and checks itself."""

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sentinel.demo import documents, night, pastdue
from sentinel.demo.lead import Lead, Turned
from sentinel.demo.past import DEMO, LIFE
from sentinel.demo.patience import Waited
from sentinel.demo.post import Post
from sentinel.demo.script import Broken, Script
from sentinel.demo.stage import NotReady, Stage
from sentinel.demo.story import Play, day, shared
from sentinel.demo.window import Window
from sentinel.demo.world import GENTLE, GENTLE_SCALE, World, laid_over


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One story: how it is played, and the stage that it needs (see Stage)."""

    play: Callable[[Play], Awaitable[None]]
    overrides: Mapping[str, Any] = field(default_factory=dict)
    scale: float = DEMO
    prepare: Callable[[World], None] | None = None


STORIES: Mapping[str, Story] = {
    "day": Story(play=day),
    "documents": Story(play=documents.documents, overrides=documents.OVERRIDES, scale=LIFE, prepare=documents.watched_before),
    "night": Story(play=night.night, overrides=night.OVERRIDES, scale=night.SCALE),
    "past-due": Story(play=pastdue.past_due, overrides=pastdue.OVERRIDES),
    "shared": Story(play=shared),
}
DEADLINE_SECONDS = 170.0
SCREEN = Console(stderr=True, highlight=False)


@click.command()
@click.option(
    "--story",
    type=click.Choice(sorted(STORIES)),
    is_flag=False,
    flag_value="day",
    default=None,
    help="Play a story by itself, check what everybody received, and exit 0 only if all of it held. Without a name: day.",
)
@click.option("--json", "as_json", is_flag=True, help="With --story: the steps and claims as JSON on standard output.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=None, help="Where to keep the installation. Default: a new one."
)
def demo(story: str | None, as_json: bool, folder: Path | None) -> None:
    """An insurer of five small services, 200 customers, a mail sink and a Slack-shaped sink. Nothing leaves the machine."""
    with tempfile.TemporaryDirectory(prefix="sentinel-demo-") as made:
        place = folder or Path(made)
        if story is None:
            asyncio.run(_open_house(place))
        else:
            script = asyncio.run(play_story(place, story, lambda line: SCREEN.print(line, markup=False, soft_wrap=True)))
            if as_json:
                sys.stdout.write(json.dumps(script.as_json(), indent=2) + "\n")
            sys.exit(0 if script.held else 1)


async def play_story(
    folder: Path, story: str, say: Callable[[str], None], overrides: Mapping[str, Any] | None = None
) -> Script:
    """Play one story on a stage of its own in `folder`. What cannot go on is a claim that did not hold, never an exception."""
    script, told = Script(name=story, say=say), STORIES[story]
    set_up = Stage(folder, overrides=laid_over(told.overrides, overrides or {}), scale=told.scale, prepare=told.prepare)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS), set_up as stage:
            script.step(f"the company is open, the hub is ready at {stage.url}")
            lead = Lead(stage.url, folder / "sentinel.db", stage.world.lead, stage.world.password)
            try:
                await lead.sign_in()
                await told.play(Play(stage=stage, script=script, lead=lead, post=Post(stage)))
            finally:
                await lead.close()
    except (Broken, NotReady, Turned, Waited) as why:
        script.claim("the story goes on", False, why)
    except TimeoutError:
        script.claim(f"the story ends within {DEADLINE_SECONDS:.0f} s", False)
    script.step("all of it held" if script.held else "it did NOT hold")
    return script


async def _open_house(folder: Path) -> None:
    """The demo for a person to walk about in, until interrupted."""
    async with Stage(folder, overrides=GENTLE, scale=GENTLE_SCALE) as stage:
        window = Window(stage)
        await window.open()
        SCREEN.print(
            f"""
[bold]Northwind Insurance is open.[/bold] Start here:

  {window.url}

  Console   {stage.url}
            as {stage.world.lead} with the password {stage.world.password}

Ctrl-C ends everything.
""",
            soft_wrap=True,
        )
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
        await window.close()
