"""The files of a first installation, made of a handful of answers: what `sentinel init` writes, each line with its reason.

Belongs here: their texts. Does not belong here: asking, looking what is there, writing (init.py).
"""

import json
import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

LANGUAGE = "en"
STORE, PASSWORD, CUSTOMERS = "sentinel.db", "secrets/lead-password", "customers.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What cannot be guessed. `title` is the customers' name for the service, `address` where its page is."""

    brand: str
    title: str
    address: str
    desk: str
    mail: str
    zone: str

    @property
    def name(self) -> str:
        return _slug(self.brand) or "sentinel"

    @property
    def service(self) -> str:
        """The service's name in files and ids."""
        return _slug(self.title) or "service"


def texts(answers: Answers) -> dict[str, str]:
    """Path in the folder → text, without secrets, templates and schemas."""
    return {
        "sentinel.yaml": _filled(_MAIN, answers),
        f"checks/{answers.service}.yaml": _filled(_CHECKS, answers),
        f"templates/statements/{answers.service}.yaml": _filled(_STATEMENTS, answers),
        f"tests/{answers.service}.yaml": _filled(_TESTS, answers),
        CUSTOMERS: _filled(_CUSTOMERS, answers),
        ".env.example": _ENVIRONMENT,
        ".gitignore": f"secrets/\n.env\n{STORE}*\n",
    }


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:40].strip("-")


def _filled(text: str, answers: Answers) -> str:
    values = {
        "name": answers.name,
        "service": answers.service,
        "brand": _quoted(answers.brand),
        "title": _quoted(answers.title),
        "address": _quoted(answers.address),
        "calm": "calm: {certificate_days: 14}" if answers.address.startswith("https:") else "# calm: {certificate_days: 14}",
        "desk": _quoted(answers.desk),
        "mail": _quoted(answers.mail),
        "zone": _quoted(answers.zone),
        "plain zone": answers.zone,
        "sender": _quoted(f"{_word(answers.brand)} <{answers.desk}>"),
        "cannot": _quoted(f"{answers.title} cannot be used"),
        "cannot now": _quoted(f"{answers.title} cannot be used at the moment."),
        "slow": _quoted(f"{answers.title} may be slow"),
        "slow now": _quoted(f"{answers.title} may take longer than usual."),
        "allowed": _allowed(answers.address),
    }
    return re.sub(r"<<([a-z ]+)>>", lambda found: values[found[1]], text)


def _quoted(text: str) -> str:
    """Text in double quotes, in which JSON and YAML agree."""
    return json.dumps(text, ensure_ascii=False)


def _word(text: str) -> str:
    """A display name without what would end it or begin an address."""
    return re.sub(r'[<>"@,;:\\]', " ", text).strip()


def _allowed(address: str) -> str:
    """Probes reach no private address unless the file says so; one that was given here is meant."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return "[127.0.0.0/8, '::1/128']"
    try:
        found = ip_address(host)
    except ValueError:
        return "[]"
    return f"['{found}/{found.max_prefixlen}']" if not found.is_global else "[]"


_MAIN = """\
# yaml-language-server: $schema=schema/main.json
# The installation. Every key is explained in docs/reference/configuration.md; `sentinel validate` lists every mistake.

name: <<name>>                       # small letters, digits, - and _
brand: <<brand>>                     # who signs the messages
desk: the number on your last letter # how customers reach you, as a noun; messages end with it
url: http://127.0.0.1:8080           # where people open the console; https://... behind your proxy
listen: 127.0.0.1:8080
time_zone: <<zone>>                  # the desk's times, and those of `open:` hours
languages: [en]                      # of your customers; the first is the desk's
store: sentinel.db                   # one SQLite file, with its sidecars beside it

# Networks that checks may reach although they are private. All others of that kind are refused.
allow_private: <<allowed>>

# Targets that are not yours and do not fail together. While most of them fail, this machine's own way out is in trouble, and
# no check counts as down. Take the # away from three that your network reaches, or write others.
canaries: []
  # - tcp://1.1.1.1:443
  # - tcp://dns.google:443
  # - https://www.wikipedia.org/

# dead_man: {url: "${env:DEAD_MAN_URL}"}  # who alarms when Sentinel itself falls silent (healthchecks.io and the like)

people:
  # Who may sign in beside the accounts made in the console. Secrets are only ever references: ${env:NAME} or ${file:path}.
  - {name: Duty lead, email: <<desk>>, role: lead, password: "${file:secrets/lead-password}"}

channels:
  desk-mail:                         # to staff: it has a `to`
    email:
      server: <<mail>>
      from: <<sender>>
      to: <<desk>>
      # user: sentinel
      # password: ${env:SMTP_PASSWORD}
  customer-mail:                     # to customers, one by one
    email:
      server: <<mail>>
      from: <<sender>>
      reply_to: <<desk>>
      # unsubscribe: https://sentinel.your-company.com/u/
      # bounces: bounces@your-company.com    # and `returns:` below, so that the hub learns of them
      # user: sentinel
      # password: ${env:SMTP_PASSWORD}
  # desk-slack:                      # and name it under `tell: staff:` of your services
  #   slack: {token: "${env:SLACK_TOKEN}", channel: C0123ABCD}

# returns:                           # mail that could not be delivered: docs/how-to/handle-bounces.md
#   imap: {server: "imaps://mail.your-company.com", user: bounces, password: "${env:BOUNCES_PASSWORD}"}

audiences:
  customers: {csv: customers.csv}    # who is told; read afresh for each message

# defaults: {every: 30s, timeout: 10s}
# policies: the times that rule incidents, estimates and messages. The usual ones are good to begin with.
"""

_CHECKS = """\
# yaml-language-server: $schema=../schema/checks.json
# One service that customers use: who answers for it, who hears when it is ill, and how it is looked at.

service: <<service>>                 # the name of this file
title: <<title>>                     # the customers' name for it
owner:
  team: Web platform                 # put the right names here
  person: Duty engineer
# depends_on: [another-service]      # what it stands on, so that one cause is one incident
tell:
  staff: [desk-mail]
  customers: {audience: customers, by: [customer-mail]}
checks:
  page:
    http: <<address>>
    every: 30s
    up: {status: 2xx}                # holds, or the check is down. Better still: body: {contains: a word of the page}
    healthy: {below_ms: 3000}        # holds, or it is degraded
    <<calm>>     # holds, or staff see a warning; customers never hear of it
    means: {down: cannot_use, degraded: slow}   # statements of this service; without `means` customers are never told
"""

_STATEMENTS = """\
# yaml-language-server: $schema=../../schema/statements.json
# What customers can feel, in customer service's words, reviewed in quiet times. `sentinel preview <<service>>` shows what
# becomes of them. Write them as your customers speak: short sentences, no jargon, nothing that is not so.

cannot_use:
  impact: major_outage
  headline: <<cannot>>
  say: <<cannot now>>
  do: There is nothing you need to do now.
  do_not: If you were in the middle of something, please do not send it again yet.
  instead: {en: Please write to us and we will do it for you., open: always}
  afterwards: If you were in the middle of something, please look whether it went through before you try again.
  desk: Note down what the caller could not do. Promise no time but the one in the brief.
  # Reassurances need an owner, a proof and a last day; they are left out when it has passed.
  # assure:
  #   - {en: Your cover is not affected., owner: Policy administration, evidence: POL-101, until: 2027-06-30}

slow:
  impact: degraded_performance
  headline: <<slow>>
  say: <<slow now>>
  do: Please give the page a little time.
  do_not: Please press each button only once.
  instead: {en: Please write to us and we will do it for you., open: always}
  afterwards: If you saw no confirmation, please look whether it went through before you try again.
  desk: It does work. Ask callers to wait for the page.
"""

_TESTS = """\
# Tests of checks/<<service>>.yaml: what would be seen, and what must come of it. `sentinel test` runs them on made-up time;
# nothing is looked at, and nothing is sent. Run it in CI, so that no edit of a threshold surprises anybody at night.

- test: one failed look is no incident
  samples:
    <<service>>.page: up x5, down, up x10          # one sample every 30 s, as the check says
  expect:
    - at: 5m
      signals: []
      incident: none

- test: three in a row are one, and the words are ready
  samples:
    <<service>>.page: up x5, status=503 x4, up for 10m   # with facts, the check's own assertions judge
  expect:
    - at: 3m30s
      signals: [<<service>>.page outage]
      incident: {phase: suspected, felt: [<<service>>.cannot_use], began: 2m30s}
      staff: [suspected]
      customers: [opened]             # drafted; it waits for a person
    - at: 14m
      signals: []
      incident: {phase: resolved, recovered: 4m30s}
"""

_CUSTOMERS = """\
person,name,email,language,zone,consent,segments
C-1001,Ana Ortiz,ana@customers.example,en,<<plain zone>>,yes,
C-1002,Ben Okafor,ben@customers.example,en,<<plain zone>>,yes,
C-1003,Cleo Hart,cleo@customers.example,en,<<plain zone>>,no,
"""

_ENVIRONMENT = """\
# Secrets that sentinel.yaml may refer to as ${env:NAME}. Copy this to .env, fill it in, keep it out of version control, and
# load it before `sentinel serve`:  set -a; . ./.env; set +a
SMTP_PASSWORD=
SLACK_TOKEN=
"""
