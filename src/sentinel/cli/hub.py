"""The running hub, as the command line finds it and speaks to it: over HTTP, with the credentials left beside its store.

The file `<store>.hub` holds `{"url": "http://127.0.0.1:8080", "token": "..."}`, is readable by its owner alone, and is there
while the hub runs. Belongs here: finding it, asking it, and what is said when that fails. Layout of answers: show.py.
"""

import getpass
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import click

from sentinel.model.secret import Secret

DONE, REFUSED, USAGE, UNREACHABLE, BROKEN = 0, 1, 2, 3, 4
SECONDS = 20.0
P = ParamSpec("P")

_STORE = re.compile(r"""^store\s*:\s*(?:"([^"]*)"|'([^']*)'|([^#\n]*?))\s*(?:\s#.*)?$""", re.MULTILINE)
_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


class HubClient:
    """Requests to one hub. `as_json`: answers and refusals are printed as JSON."""

    def __init__(self, url: str, token: Secret, *, as_json: bool) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self.as_json = as_json

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        """The JSON of one view; ends the command if there is none."""
        return self._ask("GET", path, query=query)

    def download(self, path: str) -> bytes:
        """The bytes of something public, by its path on the hub; ends the command if they cannot be had."""
        import httpx

        try:
            with httpx.Client(timeout=SECONDS, trust_env=False) as client:
                answer = client.get(f"{self.url}{path}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.end(UNREACHABLE, "unreachable", f"The hub at {self.url} does not answer ({error or type(error).__name__}).")
        if answer.status_code != 200:
            self.end(BROKEN, str(answer.status_code), f"The hub answered {path} with status {answer.status_code}.")
        return answer.content

    def submit(self, do: str, fields: Mapping[str, Any]) -> Any:
        """Carry out one command: `{incident, notice, said}`; ends the command if it is refused."""
        return self._ask("POST", "/commands", body={"do": do, **fields})

    def change(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Ask for a change that no plain command is: its answer holds what is shown once."""
        return self._ask(method, path, body=body)

    def _ask(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Any:
        import httpx

        headers = {"authorization": f"Bearer {self._token.reveal()}"}
        if user := machine_user():
            headers["sentinel-as"] = user
        try:
            # No proxy from the environment: it would be given the token.
            with httpx.Client(timeout=SECONDS, trust_env=False) as client:
                answer = client.request(method, f"{self.url}/api/v1{path}", params=query, json=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            sent = " The command may have been carried out: look before you repeat it." if _was_sent(error, method) else ""
            self.end(
                UNREACHABLE, "unreachable", f"The hub at {self.url} does not answer ({error or type(error).__name__}).{sent}"
            )
        return self._read(answer.status_code, answer.text)

    def _read(self, status: int, text: str) -> Any:
        try:
            read = json.loads(text)
        except ValueError:
            read = None
        if status != 200 or read is None:
            self._refused(status, read if isinstance(read, dict) else {})
        return read

    def _refused(self, status: int, problem: Mapping[str, Any]) -> NoReturn:
        why = str(problem.get("detail") or f"The hub answered with status {status}.")
        if status == 401:
            self.end(UNREACHABLE, "token", "The hub does not take this token: it was started again since. Try once more.")
        self.end(REFUSED if 400 <= status < 500 else BROKEN, str(problem.get("code") or status), why)

    def end(self, exit_code: int, code: str, why: str) -> NoReturn:
        """Say why on stderr (with --json as JSON on stdout) and end with the exit code."""
        end(exit_code, code, why, as_json=self.as_json)


def end(exit_code: int, code: str, why: str, *, as_json: bool) -> NoReturn:
    """The end of a command that did not do what was asked."""
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "why": why}}))
    else:
        click.echo(f"{'Refused' if exit_code == REFUSED else 'Error'}: {plain(why)}", err=True)
    sys.exit(exit_code)


def plain(text: str) -> str:
    """Text of others without what could steer a terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)


def hub_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `--config`, `--hub` and `--json`, and the hub that they lead to as its first argument."""

    @click.option("--config", type=click.Path(path_type=Path), default=Path("sentinel.yaml"), show_default=True,
                  help="The installation's file; the hub's credentials lie beside its store.")  # fmt: skip
    @click.option("--hub", "hub_file", type=click.Path(path_type=Path), help="The credentials' file itself, <store>.hub.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @wraps(command)
    def with_hub(*, config: Path, hub_file: Path | None, as_json: bool, **options: Any) -> None:
        command(find_hub(config, hub_file, as_json=as_json), **options)

    return with_hub


def find_hub(config: Path, hub_file: Path | None, *, as_json: bool = False) -> HubClient:
    """The hub whose credentials lie in `hub_file`, or beside the store that `config` names; ends the command if none do."""
    path = hub_file or _beside_store(config, as_json=as_json)
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        url, token = str(held["url"]), Secret(str(held["token"]))
    except FileNotFoundError:
        end(UNREACHABLE, "not_running", f"No hub runs here: there is no {path}. Start it with: sentinel serve", as_json=as_json)
    except PermissionError:
        why = f"{path} may be read only by the user who runs the hub. Run this command as that user."
        end(UNREACHABLE, "permission", why, as_json=as_json)
    except (OSError, ValueError, KeyError, TypeError) as error:
        end(UNREACHABLE, "credentials", f"{path} cannot be read as credentials ({type(error).__name__}).", as_json=as_json)
    return HubClient(url, token, as_json=as_json)


def running_hub(credentials: Path, *, as_json: bool) -> HubClient | None:
    """The hub whose credentials these are; None if there are none, or nobody listens where they lead."""
    import httpx

    if not credentials.exists():
        return None
    hub = find_hub(credentials, credentials, as_json=as_json)
    try:
        with httpx.Client(timeout=SECONDS, trust_env=False) as client:
            client.get(f"{hub.url}/healthz")
    except httpx.ConnectError:
        return None  # its credentials are left from one that was killed
    except (httpx.HTTPError, httpx.InvalidURL):
        return hub  # what is asked of it next says why it does not answer
    return hub


def _beside_store(config: Path, *, as_json: bool) -> Path:
    """`<store>.hub`. Reads the one key leniently: a hub goes on running while its file is being edited into nonsense."""
    try:
        text = config.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        why = f"{config} cannot be read ({error.strerror}). Name the installation's file with --config, or use --hub."
        end(USAGE, "config", why, as_json=as_json)
    found = _STORE.search(text)
    store = next((group for group in found.groups() if group is not None), "") if found else ""
    store = _ENV.sub(lambda name: os.environ.get(name[1], ""), store)
    if not store:
        end(USAGE, "config", f"{config} has no key `store:`. Name the credentials' file with --hub.", as_json=as_json)
    return config.parent / f"{store}.hub"


def _was_sent(error: Exception, method: str) -> bool:
    import httpx

    return method == "POST" and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.InvalidURL)


def machine_user() -> str:
    """The account on this machine, for the timeline: it says who, and gives no rights."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return ""
    return name if name.isascii() and name.isprintable() else ""
