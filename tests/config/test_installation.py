"""sentinel.yaml: channels, people and the order of the policies' instants."""

import pytest

from sentinel.model.account import Role

from .northwind import altered, loaded, mistakes

FILE = "sentinel.yaml"
ORDERED = "{ask_before: 10m, hold_before: 6m, send_margin: 5m}"


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{ask_before: 10m, hold_before: 6m, send_margin: 6m}", None),
        ("{ask_before: 10m, hold_before: 10m}", "17:42: `hold_before` must be less than `ask_before`"),
        ("{ask_before: 5m}", "17:24: `hold_before` must be less than `ask_before`"),
        ("{hold_before: 4m}", "17:25: `send_margin` must be at most `hold_before`"),
        ("{send_margin: 7m}", "17:25: `send_margin` must be at most `hold_before`"),
        ("{hold_before: 0s, send_margin: 0s}", "17:25: this should be greater than 0 seconds"),
    ],
)
def test_a_person_is_asked_before_the_holding_words_go(policy: str, message: str | None) -> None:
    found = mistakes(altered(FILE, ORDERED, policy))
    wanted = [f"{FILE}:{message}"] if message else []
    assert [one.split(",")[0] for one in found] == wanted


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ("{minutes: 10d, hours: 10d}", None),
        ("{minutes: 800d}", "9:17: `minutes` must be at most `hours`, change one of the two"),
        ("{hours: 30d}", "9:15: `minutes` must be at most `hours`, change one of the two"),
    ],
)
def test_hours_are_kept_for_as_long_as_the_minutes_that_they_are_made_from(keep: str, message: str | None) -> None:
    found = mistakes(altered(FILE, "people:\n", f"keep: {keep}\npeople:\n"))
    assert found == ([f"{FILE}:{message}"] if message else [])


def test_a_channel_has_one_kind() -> None:
    found = mistakes(altered(FILE, "channel: C0SERVICE}}", "channel: C0SERVICE}, email: {}}"))
    assert found == [f"{FILE}:12:72: this channel has a kind already, `slack`, make it a channel of its own"]


def test_a_channel_without_options_is_told_the_kinds() -> None:
    assert mistakes(
        altered(FILE, '{email: {server: "smtp://127.0.0.1:2525", from: "Northwind <service@northwind.example>"}}', "{}")
    ) == [f"{FILE}:13:10: a channel is wanted here, write its kind and options: email, slack"]


def test_an_address_signs_in_once() -> None:
    again = (
        '"${env:LEAD_PASSWORD}"}\n  - {name: L, email: LENA@northwind.example, role: lead, password: "${env:LEAD_PASSWORD}"}'
    )
    assert "signs in twice" in mistakes(altered(FILE, '"${env:LEAD_PASSWORD}"}', again))[0]


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("[lead, boss]", "10:67: `boss` is not known here, use one of: viewer, desk, lead, owner, engineer or admin"),
        ("boss", "10:60: `boss` is not known here, use one of: viewer, desk, lead, owner, engineer or admin"),
        ("[]", "10:60: this list is too short, write at least 1"),
        ("[lead, admin, lead]", "10:74: the role `lead` is given twice, keep one of the two"),
        ("{lead: yes}", "10:60: a list is wanted here, write it as [one, two]"),
    ],
)
def test_somebody_has_roles_that_there_are_each_once(role: str, message: str) -> None:
    assert mistakes(altered(FILE, "role: lead", f"role: {role}")) == [f"{FILE}:{message}"]


@pytest.mark.parametrize(
    ("role", "roles"), [("lead", (Role.LEAD,)), ("[admin]", (Role.ADMIN,)), ("[admin, lead]", (Role.LEAD, Role.ADMIN))]
)
def test_somebody_has_one_role_or_several(role: str, roles: tuple[Role, ...]) -> None:
    assert loaded(altered(FILE, "role: lead", f"role: {role}")).logins[0].roles == roles


def test_an_unknown_file_among_the_templates_is_refused() -> None:
    found = mistakes({**altered(FILE, ORDERED, ORDERED), "templates/customers/closed.fr": "x"})
    assert found == ["templates/customers/closed.fr:1:1: unknown language `fr`, use one of: en, es"]


def test_a_promised_time_must_leave_room_for_what_comes_before_it() -> None:
    room = "{ask_before: 20m, hold_before: 15m, send_margin: 5m}"
    (found,) = mistakes(altered(FILE, ORDERED, room))
    assert "`least_ahead` must be more than" in found


def test_the_name_of_a_place_is_short_enough_to_stand_in_the_source_of_a_batch() -> None:
    long = "a" * 41
    (said,) = mistakes(altered("sentinel.yaml", "defaults:\n", f"places: {{{long}: {{}}}}\ndefaults:\n"))
    assert "the name of a place holds 40 characters at most" in said
    assert mistakes(altered("sentinel.yaml", "defaults:\n", f"places: {{{long[1:]}: {{}}}}\ndefaults:\n")) == []


@pytest.mark.parametrize("password", ["hun/ter2", "47/hunter2"])
def test_a_password_with_a_slash_in_an_address_is_refused_where_it_stands_and_is_not_told(password: str) -> None:
    address = f"https://omar:{password}@northwind.example"
    (ours,) = mistakes(altered(FILE, "https://sentinel.northwind.example", address))
    assert ours.startswith("sentinel.yaml:3:6: a name and a password before the host cannot be told from it")
    assert "%2F" in ours
    assert "hun" not in ours


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://hub:hunter2@db/sentinel", None),
        ("postgres://hub@db/sentinel", None),
        ("postgresql:///sentinel?host=/run/postgresql", None),
        ("mysql://hub:hunter2@db/sentinel", "7:11: what this reference stands for is no address of PostgreSQL"),
        ("hunter2", "7:11: this is no address of a database"),
        ("postgresql://hub:hunt@er2@db/sentinel", "7:11: the host cannot be told from a name and a password before it"),
    ],
)
def test_a_database_is_one_that_a_hub_can_be_on(url: str, message: str | None) -> None:
    found = mistakes(altered(FILE, "history: history.csv\n", "database: ${env:DATABASE}\n"), {"env:DATABASE": url})
    assert len(found) == (message is not None)
    assert not found or found[0].startswith(f"{FILE}:{message}")
    assert "er2" not in "".join(found)
