"""Reachable: whether the machines that checks and channels need can be reached from here. Bounded, and in parallel.

Belongs here: name, connection and greeting, under the guard of the probes. Does not belong here: whether what answers is well
(probes find that out).
"""

import asyncio
import json
import smtplib
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from sentinel.model.guard import Gate, gate, networks
from sentinel.model.installation import Installation
from sentinel.model.returned import Mailbox
from sentinel.model.secret import Secret
from sentinel.run.doctor import Finding, ok, warning, wrong
from sentinel.run.imap import Conversation, MailboxTrouble
from sentinel.run.kinds import FoundKinds

WITHIN: Final = 3.0
"""Seconds for the name, and again for the connection."""
AT_A_TIME: Final = 32
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_BY_UDP: Final = frozenset({"dns"})
"""Kinds whose host need not take a connection at their port."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One host and port, and what needs it. `guarded`: who goes there may not reach everything."""

    what: str
    host: str
    port: int
    guarded: bool = False


def targets(installation: Installation) -> tuple[Target, ...]:
    """Each host and port once, whoever needs it."""
    found: dict[tuple[str, int, bool], list[str]] = {}
    for name, host, port, guarded in (*_checks(installation), *_channels(installation)):
        found.setdefault((host, port, guarded), []).append(name)
    return tuple(
        Target(what=", ".join(names[:3]) + (" ..." if len(names) > 3 else ""), host=host, port=port, guarded=guarded)
        for (host, port, guarded), names in found.items()
    )


def _checks(installation: Installation) -> Iterator[tuple[str, str, int, bool]]:
    kinds = FoundKinds()
    for check in installation.checks.values():
        kind = kinds.module("probe", check.kind)
        options = kind.Options.model_validate_json(json.dumps(dict(check.options)))  # so that text can be a Secret
        parts = urlsplit(str(getattr(options, "url", "")))
        host = kind.host(options) if hasattr(kind, "host") else parts.hostname
        by_option = None if check.kind in _BY_UDP else getattr(options, "port", None)
        port = parts.port or _PORTS.get(parts.scheme) or by_option
        if host and port:
            yield f"check {check.id}", host, port, True


def _channels(installation: Installation) -> Iterator[tuple[str, str, int, bool]]:
    """Channels that speak HTTP; mail servers are greeted instead (`greet`). What posts by itself is guarded."""
    for channel in installation.channels.values():
        parts = urlsplit(_address(channel.options))
        if parts.hostname:
            by_api = channel.kind == "slack" and channel.options.hook is None  # by a library of its own
            yield f"channel {channel.name}", parts.hostname, parts.port or _PORTS.get(parts.scheme, 443), not by_api


def _address(options: Any) -> str:
    """Where a channel posts to: what is written down, before a default. It may be a secret: no more than its host is shown."""
    for name in ("url", "hook", "base_url"):
        found = getattr(options, name, None)
        if found:
            return str(found.reveal() if isinstance(found, Secret) else found)
    return ""


async def ask_all(installation: Installation) -> list[Finding]:
    """Every host once and every mail server once, each within its seconds, side by side."""
    allowed = gate(networks(installation.guard.allow))
    mail = {(each.options.host, each.options.port): each for each in installation.channels.values() if each.kind == "email"}
    loop = asyncio.get_running_loop()
    # A pool of our own: the names of 32 dead resolvers must not hold up each other.
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        jobs: list[asyncio.Future[Finding]] = [
            *(loop.run_in_executor(pool, connect, target, allowed) for target in targets(installation)),
            *(loop.run_in_executor(pool, greet, channel.name, channel.options) for channel in mail.values()),
            *(loop.run_in_executor(pool, look_into, box) for box in (installation.returns.mailbox,) if box is not None),
        ]
        return await asyncio.gather(*jobs)


def connect(target: Target, allowed: Gate) -> Finding:
    """A name and a TCP connection, as a probe would make them."""
    where = f"{target.host}:{target.port}"
    try:
        addresses = _addresses(target.host, target.port)
    except OSError:
        mend = "look at this machine's resolver, and at the name"
        return wrong(target.what, f"the name {target.host} cannot be resolved here", mend)
    refused = {address: why for address in addresses if target.guarded and (why := allowed(address))}
    fit = [address for address in addresses if address not in refused]
    if not fit:
        address, why = next(iter(refused.items()))
        mend = f"if that is meant, write {ip_address(address)} (or its network) under `allow_private:`"
        return wrong(target.what, f"{where} is {address}, and {why}: Sentinel may not go there", mend)
    last = ""
    for address in fit[:2]:
        try:
            with socket.create_connection((address, target.port), timeout=WITHIN):
                return ok(target.what, f"{where} takes connections")
        except OSError as error:
            last = error.strerror or ("no answer" if isinstance(error, TimeoutError) else type(error).__name__)
    mend = "it is down, or a firewall stands between: try the same from another machine"
    return warning(target.what, f"{where} does not take a connection ({last.lower()})", mend)


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def greet(name: str, options: Any) -> Finding:
    """A mail server's greeting and what it offers. Nobody logs in and no mail begins."""
    what, where = f"mail server of {name}", f"{options.host}:{options.port}"
    try:
        if options.is_tls:
            context = ssl.create_default_context(cafile=options.ca_file)
            server: smtplib.SMTP = smtplib.SMTP_SSL(options.host, options.port, timeout=WITHIN, context=context)
        else:
            server = smtplib.SMTP(options.host, options.port, timeout=WITHIN)
        with server:
            code, _ = server.ehlo()
            offers_tls = server.has_extn("starttls")
    except (OSError, smtplib.SMTPException) as error:
        why = getattr(error, "strerror", None) or ("no answer" if isinstance(error, TimeoutError) else type(error).__name__)
        return wrong(what, f"{where} does not answer ({str(why).lower()})", "start it, or write another one under `server:`")
    if code != 250:
        return wrong(what, f"{where} refuses to talk to us ({code})", "let it accept mail from this machine")
    if options.must_start_tls and not offers_tls:
        mend = "let it offer STARTTLS, use smtps://, or write `starttls: false` to send in the clear"
        return wrong(what, f"{where} does not offer STARTTLS, and mail is not sent in the clear", mend)
    return ok(what, f"{where} answers{', and offers TLS' if offers_tls or options.is_tls else ''}")


def look_into(mailbox: Mailbox) -> Finding:
    """The mailbox that bounces come to, opened as the hub opens it, but for reading only. Nothing is marked."""
    what, where = "bounces by IMAP", f"{mailbox.host}:{mailbox.port}"
    conversation = Conversation(mailbox)
    try:
        count = conversation.open(readonly=True)
        conversation.close()
    except MailboxTrouble as error:
        return wrong(what, f"{where} cannot be read: {error}", "mend it under `returns:`, or at the mail server")
    finally:
        conversation.hang_up()
    return ok(what, f"{where} lets us in; {count} in {mailbox.folder}")
