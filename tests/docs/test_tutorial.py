"""The tutorial from nothing, followed step by step: its own commands, typed as they stand there, and its clicks in Chromium.

What differs from the page: ports that are free here, an environment that is installed already (step 1), and times laid over
the usual ones, so that minutes are seconds.
"""

import asyncio
import re
import shlex
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.async_api import Page, expect

from sentinel.demo.patience import until, until_true
from sentinel.demo.stage import free_port
from tests.browser.chromium import chromium
from tests.docs.pages import page as read

SHORT = {
    "defaults": {"detect": {"outage": {"persistence": "1s"}}, "confirm": ["200ms", "500ms", "1s"]},
    "policies": {
        "incident": {"hold": "2s", "hold_intervals": 2},
        "notice": {"cancel_window": "1s", "desk_first": "1s", "gather": "1s"},
    },
}
PORTS = ("8000", "2525", "8080")
TITLES = [
    "Install it",
    "Something to watch, and somewhere for mail",
    "Write the files",
    "Start it",
    "Break it",
    "Make it yours",
    "Approve",
    "Heal it",
]


def _hears_interrupts() -> None:
    """As in a terminal, also where these tests were started in the background, which ignores them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Terminal:
    """One of the reader's terminals: a command that goes on, and what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def printed(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    async def interrupt(self) -> None:
        """Ctrl-C."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
            await asyncio.wait_for(self._process.wait(), 15)


class Reader:
    """Somebody who reads the page and types what it says, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ports = {port: str(free_port()) for port in PORTS}
        text = read("docs/tutorial/first-notice.md")
        self.titles = re.findall(r"^## [0-9]+\. (.*)$", text, re.MULTILINE)
        steps = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
        self._typed = {step.partition(".")[0]: re.findall(r"```sh\n(.*?)```", step, re.DOTALL) for step in steps}
        (folder / ".venv").symlink_to(sys.prefix)

    def commands(self, step: int) -> list[list[str]]:
        """What a step has the reader type, line by line."""
        joined = "\n".join(self._typed[str(step)]).replace("\\\n", " ")
        return [shlex.split(self.here(line)) for line in joined.splitlines() if line.strip()]

    def here(self, text: str) -> str:
        return re.sub("|".join(PORTS), lambda found: self.ports[found[0]], text)

    async def types(self, command: list[str]) -> str:
        """Run a command to its end; what it printed."""
        if command[:1] == ["echo"]:
            (self._folder / command[3]).write_text(command[1] + "\n")
            return ""
        run = await asyncio.create_subprocess_exec(
            *command, cwd=self._folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        printed, _ = await asyncio.wait_for(run.communicate(), 60)
        assert run.returncode == 0, f"{shlex.join(command)}:\n{printed.decode()}"
        return printed.decode()

    @asynccontextmanager
    async def terminal(self, command: list[str], log: str) -> AsyncIterator[Terminal]:
        """A command that goes on until it is interrupted."""
        path = self._folder / log
        with path.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=self._folder, stdout=file, stderr=file, preexec_fn=_hears_interrupts
            )
        terminal = Terminal(process, path)
        try:
            yield terminal
        finally:
            await terminal.interrupt()

    def hurry(self) -> None:
        """Lay the short times over what `init` wrote, and take this test's ports."""
        main = self._folder / "insurer" / "sentinel.yaml"
        main.write_text(self.here(main.read_text()) + yaml.safe_dump(SHORT))
        check = self._folder / "insurer" / "checks" / "online-payments.yaml"
        check.write_text(check.read_text().replace("every: 30s", "every: 1s"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.timeout(600)
async def test_the_tutorial_leads_from_nothing_to_a_notice_that_customers_read(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    assert reader.titles == TITLES
    assert [command[0] for command in reader.commands(1)] == ["python3", ".venv/bin/pip"]
    make, write, serve_page, mail_server = reader.commands(2)
    for command in (make, write):
        await reader.types(command)
    (init, validate, doctor), (serve,), (again,) = reader.commands(3), reader.commands(4), reader.commands(8)
    assert again == serve_page
    async with (
        chromium() as browser,
        reader.terminal(mail_server, "mail.log") as mail,
        reader.terminal(serve_page, "page.log") as first,
    ):
        assert "What comes next" in await reader.types(init)
        reader.hurry()
        assert "online-payments.cannot_use" in await reader.types(validate)
        await reader.types(doctor)
        async with reader.terminal(serve, "hub.log") as hub:
            page = await (await browser.new_context()).new_page()
            await signs_in(page, reader, tmp_path)
            await first.interrupt()
            await until_true(lambda: "desk@northwind.example" in mail.printed, 30)
            await makes_it_theirs(page)
            await approves(page)
            await until_true(lambda: told(mail) == Counter(ana=1, ben=1), 30)
            async with reader.terminal(again, "page-again.log"):
                await until_true(lambda: told(mail) == Counter(ana=2, ben=2), 40)
            assert "Traceback" not in hub.printed


def told(mail: Terminal) -> Counter[str]:
    """How many messages the mail server has printed for each customer. Cleo gave no consent."""
    return Counter(re.findall(r"^To: .*<([a-z]+)@customers\.example>", mail.printed, re.MULTILINE))


async def signs_in(page: Page, reader: Reader, folder: Path) -> None:
    """Step 4."""
    console = reader.here("http://127.0.0.1:8080")

    async def answers() -> bool | None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(console).port)
        except ConnectionRefusedError:
            return None
        writer.close()
        return True

    # The browser is not sent there before: its own page of an error comes late, and breaks into the next try.
    await until(answers, 60)
    await page.goto(console)
    await page.get_by_label("E-mail").fill("desk@northwind.example")
    await page.get_by_label("Password").fill((folder / "insurer/secrets/lead-password").read_text().strip())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("all up").first).to_be_visible(timeout=15_000)


async def makes_it_theirs(page: Page) -> None:
    """Step 6."""
    await page.reload()
    await page.get_by_role("link", name="Online payments cannot be used").click()
    await expect(page.get_by_text("suspected").first).to_be_visible()
    await page.get_by_role("button", name="I have it").click()


async def approves(page: Page) -> None:
    """Step 7."""
    button = page.get_by_role("button", name="Approve and send")
    await expect(button).to_be_visible(timeout=20_000)
    await expect(page.get_by_role("button", name="Send it to me first")).to_be_visible()
    await page.get_by_label("Type the number of people").fill("2")
    await page.get_by_text("The desk already knows these words").click()
    await button.click()
    await expect(page.get_by_role("status").first).to_contain_text("Approved for 2")
