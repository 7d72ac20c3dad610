"""Admission: one message a person and an address, every silence with its reason, whatever the order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.directory.admit import Admission, By, Rules, admit, spoken
from sentinel.model.person import Admitted, Found, Person, Purpose, Reason

MAIL, SMS = By(name="email", kind="email"), By(name="texts", kind="sms")
BY = (SMS, MAIL)
ANA = Found(
    id="1",
    name="Ana",
    language="es",
    zone="Europe/Madrid",
    addresses={"email": "ana@x.example", "sms": "+34600123456"},
    consents=frozenset(Purpose),
)


def admission(by: Sequence[By] = BY) -> Admission:
    return Admission(by=by, languages=("en", "es"), zone="UTC")


def reason(person: Found, **rules: object) -> Reason | None:
    return admit(person, Rules(by=BY, **rules))  # type: ignore[arg-type]  # the fields of Rules


def test_the_first_channel_of_the_service_that_they_have_and_allow_is_theirs() -> None:
    taken = [
        admission().take(each, Rules(by=BY))
        for each in (
            ANA,
            replace(ANA, addresses={"email": "ana@x.example"}),
            replace(ANA, allows=frozenset({"email"})),
        )
    ]
    assert [(one.person.channel, one.person.address) for one in taken if one] == [
        ("texts", "+34600123456"),
        ("email", "ana@x.example"),
        ("email", "ana@x.example"),
    ]


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (ANA, None),
        (replace(ANA, consents=frozenset()), Reason.NO_CONSENT),
        (replace(ANA, consents=frozenset({Purpose.SUBSCRIPTIONS})), Reason.NO_CONSENT),
        (replace(ANA, addresses={}), Reason.NO_ADDRESS),
        (replace(ANA, addresses={}, bad=frozenset({"email"})), Reason.BAD_ADDRESS),
        (replace(ANA, addresses={"sms": "+34600123456"}, bad=frozenset({"email"})), None),
        (replace(ANA, allows=frozenset({"webhook"})), Reason.NO_ADDRESS),
        (replace(ANA, addresses={}, bad=frozenset({"email"}), allows=frozenset({"sms"})), Reason.NO_ADDRESS),
        (replace(ANA, id="left"), Reason.UNSUBSCRIBED),
        (replace(ANA, id="told"), Reason.ALREADY_TOLD),
        (replace(ANA, addresses={"email": "told@x.example"}), Reason.ALREADY_TOLD),
        (replace(ANA, addresses={"email": "TAKEN@x.example"}), Reason.SAME_ADDRESS),
        (replace(ANA, id="twice"), Reason.SAME_PERSON),
        (replace(ANA, id="told", consents=frozenset()), Reason.NO_CONSENT),
    ],
)
def test_every_silence_has_its_reason(person: Found, why: Reason | None) -> None:
    known = {"persons": {"twice"}, "addresses": {"taken@x.example"}, "unsubscribed": {"left"}}
    assert reason(person, **known, told={"told"}, told_addresses={"told@x.example"}) is why


def test_consent_is_asked_for_what_it_is_for() -> None:
    only = replace(ANA, consents=frozenset({Purpose.SUBSCRIPTIONS}))
    assert reason(only, purpose=Purpose.SUBSCRIPTIONS) is None
    assert reason(only, purpose=Purpose.SERVICE) is Reason.NO_CONSENT


def test_an_unknown_language_or_zone_falls_back_and_is_counted() -> None:
    taking = admission()
    people = [
        replace(ANA, id="1", language="fr", addresses={"sms": "+34600000001"}),
        replace(ANA, id="2", language="", zone="", addresses={"sms": "+34600000002"}),
        replace(ANA, id="3", language="es_MX", zone="Europe/Madird", addresses={"sms": "+34600000003"}),
        replace(ANA, id="4", language="fr", consents=frozenset()),
    ]
    taken = [one.person for each in people if (one := taking.take(each, taking.rules()))]
    assert [(one.language, one.zone) for one in taken] == [
        ("en", "Europe/Madrid"),
        ("en", "UTC"),
        ("es", "UTC"),
        ("en", "Europe/Madrid"),
    ]
    assert taking.notes() == (
        "2 read none of our languages, and get English",
        "1 has no time zone that we know, and gets times in UTC",
    )


@pytest.mark.parametrize(
    ("language", "found"), [("es", "es"), ("ES", "es"), ("es-MX", "es"), ("pt-BR", "pt-BR"), ("pt", None), ("", None)]
)
def test_a_language_is_ours_with_or_without_its_region(language: str, found: str | None) -> None:
    assert spoken(language, ("en", "es", "pt-BR")) == found


ADDRESSES = st.dictionaries(
    st.sampled_from(["email", "sms"]), st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@x.example"])
)
PEOPLE = st.dictionaries(
    st.sampled_from([str(number) for number in range(12)]),
    st.builds(
        Found,
        id=st.just(""),
        name=st.just("N"),
        addresses=ADDRESSES,
        bad=st.frozensets(st.sampled_from(["email", "sms"])),
        consents=st.frozensets(st.sampled_from(Purpose)),
        allows=st.frozensets(st.sampled_from(["email", "sms"])),
    ),
).map(lambda people: [replace(one, id=key) for key, one in people.items()])


def counted(people: Sequence[Found]) -> list[Admitted]:
    taking = admission((MAIL,))
    rules = taking.rules(Purpose.SERVICE, {"3"}, {"4"}, {"c@x.example"})
    return [one for each in people if (one := taking.take(each, rules))]


@given(people=PEOPLE, order=st.randoms(use_true_random=False), twice=st.integers(0, 12))
def test_one_message_a_person_and_an_address_and_the_counts_do_not_depend_on_the_order(
    people: list[Found], order: object, twice: int
) -> None:
    """Whoever stands in two audiences comes twice; the union holds them once."""
    mixed = [*people, *people[:twice]]
    order.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    one, other = counted(people), counted(mixed)
    assert Counter(each.reason for each in one) == Counter(each.reason for each in other)
    sent: list[Person] = [each.person for each in other if each.reason is None]
    assert len({each.id for each in sent}) == len(sent)
    assert len({each.address.casefold() for each in sent}) == len(sent)
    assert {each.person.id for each in other} == {each.id for each in people}, "nobody is lost on the way"
