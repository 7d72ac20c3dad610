"""A small insurer as the faces see it. `mark` is put into every text that a person or a target could have written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from sentinel.model.account import Role
from sentinel.model.delivery import Books, Delivery, Lane, State
from sentinel.model.estimate import Basis, Estimate, Promise, PromiseKind
from sentinel.model.incident import (
    Acknowledged,
    Dismissed,
    Entry,
    EtaSet,
    Felt,
    Incident,
    Noted,
    Opened,
    Phase,
    PhaseSet,
    Said,
    SignalJoined,
)
from sentinel.model.installation import Installation, Login
from sentinel.model.notice import Approval, Body, Brief, Draft, Finding, Notice, NoticeState, Occasion, Quoted, Towards
from sentinel.model.person import Reason
from sentinel.model.secret import Secret
from sentinel.model.service import Impact, Owner, Service
from sentinel.model.statement import Statement
from sentinel.serve.port import (
    AudienceCount,
    Board,
    BriefSent,
    CheckView,
    IncidentLine,
    IncidentPage,
    NoticeView,
    Part,
    Preview,
    ServiceView,
    Shown,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=25)
PASSWORD = "correct horse battery staple"
LEAD = Login(name="Lena Hart", email="lena@northwind.example", roles=(Role.LEAD,), password=Secret(PASSWORD))
VIEWER = Login(name="Viktor Lind", email="viktor@northwind.example", roles=(Role.VIEWER,), password=Secret(PASSWORD + "!"))
OWNER = Owner(team="Billing platform", person="Maria Okafor")


def installation(mark: str = "", url: str = "https://sentinel.northwind.example", password: str = PASSWORD) -> Installation:
    """Northwind Insurance, two services, two statements, a lead and a viewer."""
    payments = Service(name="payments", title={"en": f"Online payments{mark}", "es": "Pagos en línea"}, owner=OWNER)
    ledger = Service(name="ledger", title={"en": f"Ledger{mark}", "es": "Libro mayor"}, owner=OWNER)
    statements = (
        Statement(
            id="payments.cannot_pay",
            service="payments",
            impact=Impact.MAJOR_OUTAGE,
            say={"en": f"You cannot pay on our website at the moment.{mark}", "es": "Ahora no se puede pagar en nuestra web."},
        ),
        Statement(
            id="payments.slow",
            service="payments",
            impact=Impact.DEGRADED_PERFORMANCE,
            say={"en": f"Paying on our website is slow.{mark}", "es": "Pagar en nuestra web va lento."},
        ),
    )
    return Installation(
        name="northwind",
        brand=f"Northwind Insurance{mark}",
        url=url,
        zone="Europe/Madrid",
        languages=("en", "es"),
        place="head-office",
        store=PurePath("/var/lib/sentinel/sentinel.db"),
        listen="127.0.0.1:8080",
        services={"payments": payments, "ledger": ledger},
        statements={one.id: one for one in statements},
        checks={},
        channels={},
        audiences={},
        templates=(),
        logins=(Login(name=LEAD.name, email=LEAD.email, roles=(Role.LEAD,), password=Secret(password)), VIEWER),
    )


def incident(mark: str = "") -> Incident:
    felt = Felt(statement="payments.cannot_pay", service="payments", since=BEGAN, cause=1)
    return Incident(
        id=17,
        root="payments",
        services=("payments",),
        phase=Phase.IDENTIFIED,
        episode=1,
        first_began_at=BEGAN,
        began_at=BEGAN,
        detected_at=BEGAN + timedelta(seconds=5),
        confirmed_at=BEGAN + timedelta(seconds=15),
        last_seq=6,
        opened_by=1,
        felt=(felt,),
        acknowledged_by=f"Lena Hart{mark}",
        cause={"en": f"A card processor does not answer.{mark}", "es": "Un proveedor no responde."},
    )


def entries(mark: str = "") -> tuple[Entry, ...]:
    said: tuple[Said, ...] = (
        Opened(root="payments", service="payments", statement="payments.cannot_pay", began_at=BEGAN, phase=Phase.INVESTIGATING),
        SignalJoined(signal=f"outage:payments.card-form{mark}", service="payments", statement=None, since=BEGAN),
        Acknowledged(),
        Noted(text=f"The card processor is asked.{mark}"),
        PhaseSet(phase=Phase.IDENTIFIED, cause={"en": f"A card processor does not answer.{mark}"}),
        EtaSet(until=NOW + timedelta(hours=2), reason=f"They roll back.{mark}"),
        Dismissed(reason=f"Not so.{mark}"),
    )
    return tuple(
        Entry(incident=17, seq=seq, at=BEGAN + timedelta(minutes=seq), who=f"Lena Hart{mark}", said=each, why=f"Because{mark}")
        for seq, each in enumerate(said, 1)
    )


def body(language: str, mark: str = "", *, filled: bool = False) -> Body:
    name, until = ("Ana Ortiz", "14:30") if filled else ("{name}", "{until}")
    if language == "es":
        subject = f"Los pagos en línea no funcionan: esperamos que vuelvan a las {until}{mark}"
        text = f"Estimada {name}:\n\nLo sentimos: desde las 10:05 no puede pagar en nuestra web.{mark}"
        return Body(language="es", subject=subject, short=subject, text=text, page=text, voice=subject)
    subject = f"Online payments are not working: we expect them back by {until}{mark}"
    text = (
        f"Dear {name},\n\nwe are sorry: since about 10:05 today you cannot pay on our website. Your cover is not affected, and "
        f"a payment due today still counts as on time until Friday 27 November. You need do nothing now. If you pressed Pay "
        f"and saw no confirmation, please do not pay again yet.\n\nWe expect it to work by {until} today. We will e-mail you "
        f"when it does, or before {until} if we need longer.{mark}"
    )
    short = (
        f"Northwind: sorry, you cannot pay online since 10:05. We expect it back by {until}. Don't pay twice. Ref 17-A{mark}"
    )
    voice = f"Sorry, online payment has been down since about ten. We expect it back by half past two.{mark}"
    return Body(language="en", subject=subject, short=short, text=text, page=text, voice=voice)


def draft(mark: str = "", *, notice: int = 12, findings: tuple[Finding, ...] = ()) -> Draft:
    bodies = (body("en", mark), body("es", mark))
    return Draft(
        notice=notice,
        version=1,
        bodies=bodies,
        quoted=Quoted(services=("payments",), statements=("payments.cannot_pay",), impact=Impact.MAJOR_OUTAGE),
        hash="hash-1",
        holding=bodies,
        closing=bodies,
        findings=findings,
        left_out=(f"“A payment due today still counts as on time” ended on 1 November; ask Billing policy.{mark}",),
    )


def findings(mark: str = "", *, blocks: bool = False) -> tuple[Finding, ...]:
    mild = Finding(language="en", form="text", what=f"Reading grade 8.4; at most 8 is better.{mark}", blocks=False)
    grave = Finding(language="es", form="short", what=f"No time and no word that we have none.{mark}", blocks=True)
    return (mild, grave) if blocks else (mild,)


def notice(number: int = 12, *, state: NoticeState = NoticeState.DRAFT, mark: str = "") -> Notice:
    return Notice(
        id=number,
        subject="incident:17",
        incident=17,
        episode=1,
        step="opened",
        cause=1,
        occasion=Occasion.OPENED,
        towards=Towards.CUSTOMERS,
        state=state,
        made_at=BEGAN + timedelta(minutes=15),
        rule="payers",
        void_at=NOW if state is NoticeState.VOID else None,
        void_why=f"The impact changed.{mark}" if state is NoticeState.VOID else "",
    )


def waiting(mark: str = "", *, blocks: bool = False) -> NoticeView:
    """A draft that waits for approval by 184 people's worth of typing."""
    previews = tuple(
        Preview(part=part, to=f"Ana Ortiz{mark}", body=body(language, mark, filled=True), zone="Atlantic/Canary")
        for part in Part
        for language in ("en", "es")
    )
    return NoticeView(
        notice=notice(mark=mark),
        audience=AudienceCount(
            problems=("customers.csv:62: column email: an address has exactly one @",),
            rule="payers",
            complete=True,
            sending=184,
            left_out={Reason.NO_CONSENT: 12, Reason.UNSUBSCRIBED: 4},
        ),
        draft=draft(mark, findings=findings(mark, blocks=blocks)),
        previews=previews,
        slots={"name": f"Ana Ortiz{mark}", "until": "14:30", "reference": "17-A"},
    )


def sent(mark: str = "") -> NoticeView:
    """One that was approved and is on its way, two deliveries in doubt."""
    kept = Approval(
        id=3,
        notice=11,
        by=f"Lena Hart{mark}",
        at=NOW - timedelta(seconds=20),
        draft_hash="hash-0",
        bodies=(body("en", mark),),
        quoted=Quoted(),
        snapshot=2,
        counted=184,
    )
    return NoticeView(
        notice=notice(11, state=NoticeState.APPROVED),
        audience=AudienceCount(rule="payers", complete=True, sending=184),
        draft=draft(mark, notice=11),
        previews=(Preview(part=Part.NOW, to="Ana Ortiz", body=body("en", mark, filled=True)),),
        approval=kept,
        cancel_until=NOW + timedelta(seconds=40),
        books=books(),
        in_doubt=2,
    )


def books(notice: int = 11) -> Books:
    counts = {"expanding": 0, "queued": 60, "accepted": 118, "in_doubt": 2, "suppressed": 4}
    return Books(notice=notice, step="opened", snapshot=184, counts=counts, bounced=1)


def delivery(number: int, state: State, mark: str = "") -> Delivery:
    return Delivery(
        id=number,
        notice=11,
        lane=Lane.CUSTOMERS,
        channel="email",
        subject="incident:17",
        episode=1,
        step="opened",
        person=f"P-{number}",
        name=f"Ana Ortiz {number}{mark}",
        address=f"ana{number}@example.org{mark}",
        language="en",
        zone="Europe/Madrid",
        state=state,
        attempts=1,
        settled_at=NOW,
        detail=f"250 2.0.0 Ok{mark}",
    )


def bounced(number: int, mark: str = "") -> Delivery:
    return replace(delivery(number, State.ACCEPTED, mark), bounced_at=NOW, bounce_why=f"5.1.1 no such user{mark}")


def page(mark: str = "") -> IncidentPage:
    brief = Brief(
        reference="17-A",
        occasion=Occasion.CHANGED,
        headline=f"Online payments are not working{mark}",
        services=("Online payments",),
        felt=(f"You cannot pay on our website at the moment.{mark}",),
        since=BEGAN,
        until=NOW + timedelta(hours=4),
        next_word=NOW + timedelta(minutes=40),
        who=f"Everybody who pays online; 200 are known by name{mark}",
        say=f"Sorry, online payment has been down since about ten. We expect it back by half past two.{mark}",
        do_not=(f"Do not pay again if you saw no confirmation.{mark}",),
        instead=(f"Use bank transfer; the details are on your renewal letter.{mark}",),
        desk=(f"Do not take card numbers by chat.{mark}",),
        ask=f"Does it hold?{mark}",
    )
    promises = (
        Promise(id=4, incident=17, episode=1, kind=PromiseKind.ETA, at=NOW + timedelta(hours=4), published_at=BEGAN, notice=11),
    )
    estimate = Estimate(
        id=1,
        incident=17,
        episode=1,
        made_at=BEGAN,
        basis=Basis.HISTORY,
        began_at=BEGAN,
        p50=timedelta(hours=1),
        p80=timedelta(hours=4),
        author=f"sentinel{mark}",
        reason=f"like before{mark}",
        sample=31,
        scope=f"payments / cannot_pay{mark}",
    )
    return IncidentPage(
        incident=incident(mark),
        reference="17-A",
        headline=f"Online payments: you cannot pay on our website at the moment{mark}",
        impact=Impact.MAJOR_OUTAGE,
        entries=entries(mark),
        brief=brief,
        briefs=(BriefSent(notice=10, at=BEGAN, channel=f"cs-mail{mark}", state=State.ACCEPTED, brief=brief),),
        promises=promises,
        asked=(4,),
        estimates=(estimate,),
        notices=(),
        staff_told_at=BEGAN + timedelta(seconds=20),
        customers_told_at=BEGAN + timedelta(minutes=20),
    )


def board(mark: str = "") -> Board:
    failing = CheckView(id="payments.card-form", shown=Shown.DOWN, since=BEGAN, reason=f"connection refused{mark}")
    slow = CheckView(id="payments.quote", shown=Shown.SLOW, since=BEGAN, reason=f"1,204 ms{mark}")
    others = tuple(CheckView(id=f"payments.{shown}", shown=shown, since=None) for shown in Shown)
    line = IncidentLine(
        incident=incident(mark),
        reference="17-A",
        headline=f"Online payments: you cannot pay on our website at the moment{mark}",
        impact=Impact.MAJOR_OUTAGE,
        until=NOW + timedelta(hours=4),
        to_approve=(12,),
        asked=(4,),
        in_doubt=2,
    )
    services = (
        ServiceView(
            name="payments", title=f"Online payments{mark}", shown=Shown.DOWN, checks=(failing, slow, *others), incident=17
        ),
        ServiceView(name="documents", title=f"Your documents{mark}", shown=Shown.UP),
    )
    return Board(at=NOW, zone="Europe/Madrid", services=services, open=(line,), recent=(line,))
