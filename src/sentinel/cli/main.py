"""The command `sentinel`: every subcommand by name, each imported only when it is asked for.

Belongs here: the list, and nothing that costs time to import. What the commands do lies in the modules named in the list.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from itertools import pairwise

import click

COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("sentinel.cli.init:init", "Write a first installation: asks little, comments everything."),
    "serve": ("sentinel.cli.serve:serve", "Run the hub."),
    "worker": ("sentinel.cli.worker:worker", "Send beside a hub, from this or another machine (PostgreSQL)."),
    "agent": ("sentinel.cli.agent:agent", "Probe from another place and report to the hub."),
    "migrate": ("sentinel.cli.migrate:migrate", "Bring the store forward to this version."),
    "validate": ("sentinel.cli.validate:validate", "Check what people wrote; list every error."),
    "import": ("sentinel.cli.import_:import_command", "Take over what other tools have probed, and past incidents."),
    "doctor": ("sentinel.cli.doctor:doctor", "What this machine and these files cannot do, and how to mend it."),
    "check": ("sentinel.cli.check:check", "Look at one check now, from here, and draw what it saw."),
    "test": ("sentinel.cli.test:test", "Run the tests of checks that you wrote."),
    "replay": ("sentinel.cli.replay:replay", "What your detectors would have said of what was seen."),
    "preview": ("sentinel.cli.preview:preview_command", "Every message of a service before anybody gets one."),
    "schema": ("sentinel.cli.schema:schema_command", "JSON Schema of the files, for editors."),
    "demo": ("sentinel.demo.command:demo", "A small insurer on this machine, to break and to heal."),
    "board": ("sentinel.cli.read:board", "What is up, what is not, what is open."),
    "history": ("sentinel.cli.history:history", "How long a check took, and how often it was up."),
    "incident": ("sentinel.cli.read:incident", "One incident: brief, promises, messages, timeline."),
    "deliveries": ("sentinel.cli.read:deliveries", "Who got a message, who did not, who may have."),
    "books": ("sentinel.cli.read:books", "Where every person of each audience is."),
    "report": ("sentinel.cli.read:report", "What happened, what was promised, what was kept."),
    "scorecard": ("sentinel.cli.scorecard:scorecard", "How well we estimate: what was claimed, and what held."),
    "export": ("sentinel.cli.export:export", "The status page as files that outlive the hub."),
    "declare": ("sentinel.cli.act:declare", "Our callers say it is broken."),
    "acknowledge": ("sentinel.cli.act:acknowledge", "I have it."),
    "note": ("sentinel.cli.act:note", "Write a note into the timeline."),
    "phase": ("sentinel.cli.act:phase", "Set the phase, and the cause that customers may hear."),
    "eta": ("sentinel.cli.act:eta", "Give a time of return."),
    "answer": ("sentinel.cli.act:answer", "Answer a promise that is due: it holds, or nobody knows."),
    "resolve": ("sentinel.cli.act:resolve", "It is over, on your word."),
    "dismiss": ("sentinel.cli.act:dismiss", "There was no disturbance."),
    "reopen": ("sentinel.cli.act:reopen", "It is not over."),
    "edit": ("sentinel.cli.draft:edit", "Write new words for one language of a draft."),
    "approve": ("sentinel.cli.draft:approve", "Read a message to customers and approve it."),
    "go-on": ("sentinel.cli.draft:go_on", "Send the rest of a message that is paused."),
    "cancel": ("sentinel.cli.draft:cancel", "Take an approval back, or throw a draft away."),
    "settle": ("sentinel.cli.act:settle", "Say what became of a delivery in doubt."),
    "revive": ("sentinel.cli.act:revive", "Try a dead delivery once more."),
    "revive-all": ("sentinel.cli.act:revive_all", "Try all dead deliveries of a message once more."),
    "mend": ("sentinel.cli.act:mend", "Say that a broken channel works again."),
    "failures": ("sentinel.cli.read:failures", "Deliveries in doubt, given up, refused, held or bounced; broken channels."),
    "hold": ("sentinel.cli.act:hold", "The kill switch of messages to customers."),
    "user": ("sentinel.cli.user:user", "Accounts of people: add, list, roles, invite, disable, enable."),
    "token": ("sentinel.cli.token:token", "Keys of programs: make, list, revoke."),
    "place": ("sentinel.cli.places:place", "Agents of other places: add, list, revoke."),
    "hook": ("sentinel.cli.hook:hook", "Other tools that report to us: test what would become of it."),
    "backup": ("sentinel.cli.backup:backup", "Write a backup of the store, while the hub runs."),
    "restore": ("sentinel.cli.restore:restore", "Put a backup back. Messages to customers are held until you release them."),
    "verify": ("sentinel.cli.verify:verify", "Whether everything in the store is as it must be."),
    "erase": ("sentinel.cli.erase:erase", "Take a person's data out of the store, for good."),
    "release": ("sentinel.cli.act:release", "Let customer work go on after a restore."),
}
"""Name → (module:attribute, the line shown in the list)."""

SECTIONS: Mapping[str, str] = {
    "init": "Set up and run",
    "validate": "Before it counts",
    "board": "Look",
    "declare": "Incidents",
    "edit": "Messages to customers",
    "user": "Who may",
    "backup": "Keep",
}
"""The first command of each section of the list → its title."""


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that `sentinel board` does not pay for the web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is not a click command")
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and (close := get_close_matches(args[0], COMMANDS, n=1)):
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{close[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        starts = [*(list(COMMANDS).index(name) for name in SECTIONS), len(COMMANDS)]
        listed = [(name, says) for name, (_, says) in COMMANDS.items()]
        for title, (start, end) in zip(SECTIONS.values(), pairwise(starts), strict=True):
            with formatter.section(title):
                formatter.write_dl(listed[start:end])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sentinel", prog_name="sentinel")
def main() -> None:
    """Tells customer service and customers what is wrong, until when, and when it is over.

    Exit codes: 0 done, 1 refused or not found, 2 wrong usage, 3 the hub cannot be reached, 4 the hub is broken.
    """
