"""Reading an audience: every row comes out once, as a person, a silence with its reason, or an error with its line."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentinel.directory.csv import RowError, Unread, read
from sentinel.directory.rows import LONGEST_LINE
from sentinel.model.person import Found, Purpose

HEADER = "person,name,email,language,zone,segments,consent\n"
GOOD = "N-1001,Ana Ortiz,ana@x.example,es,Europe/Madrid,payers;quoting,yes\n"
All = list[Found | RowError | Unread]
Reader = Callable[..., All]


@pytest.fixture
def people(tmp_path: Path) -> Reader:
    """Reads an audience from the bytes or text of its file."""

    def of(content: str | bytes, segment: str | None = None) -> All:
        path = tmp_path / "customers.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read(path, segment))

    return of


def ids(found: All) -> list[str]:
    return [one.id for one in found if isinstance(one, Found)]


def errors(found: All) -> list[str]:
    return [str(one) for one in found if not isinstance(one, Found)]


def test_a_row_becomes_a_person(people: Reader) -> None:
    assert people(HEADER + GOOD) == [
        Found(
            id="N-1001", name="Ana Ortiz", addresses={"email": "ana@x.example"}, language="es", zone="Europe/Madrid",
            segments=("payers", "quoting"), consents=frozenset(Purpose), where="customers.csv:2",
        )
    ]  # fmt: skip


def test_columns_go_by_name_and_others_are_left_alone(people: Reader) -> None:
    (found,) = people('\ufeffconsent,zone,language,Email,name,person,notes\r\nyes,UTC,en,Ana@X.Example,"Ortiz, Ana",7,x\r\n')
    assert isinstance(found, Found)
    assert (found.name, found.addresses["email"], found.segments) == ("Ortiz, Ana", "ana@x.example", ())


def test_an_address_a_channel_and_what_they_allow(people: Reader) -> None:
    (found,) = people("person,name,email,phone,channels,consent\n7,Ana,ana@x.example,+34 600 12-34-56,SMS; email,service\n")
    assert isinstance(found, Found)
    assert found.addresses == {"email": "ana@x.example", "sms": "+34600123456"}
    assert (found.allows, found.consents) == (frozenset({"sms", "email"}), frozenset({Purpose.SERVICE}))


def test_who_has_a_phone_needs_no_mail(people: Reader) -> None:
    (found,) = people("person,name,phone,consent\n7,Ana,+34600123456,subscriptions\n")
    assert isinstance(found, Found)
    assert (found.addresses, found.consents) == ({"sms": "+34600123456"}, frozenset({Purpose.SUBSCRIPTIONS}))


def test_a_bad_address_is_said_and_leaves_the_person(people: Reader) -> None:
    wrong, found = people("person,name,email,phone,consent\n7,Ana,ana@@x.example,0600,yes\n")[1:]
    assert (
        str(wrong)
        == "customers.csv:2: column phone: this is no phone number, write it like +34600123456, with its country's code"
    )
    assert isinstance(found, Found)
    assert (found.addresses, found.bad) == ({}, frozenset({"email", "sms"}))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2,,bo@x.example,en,UTC,,yes", "column name: the name is missing"),
        ("2,B\x1bo,bo@x.example,en,UTC,,yes", "column name: a control or invisible character stands in the name"),
        ("2,B\u202eo,bo@x.example,en,UTC,,yes", "column name: a control"),
        ("2," + "B" * 121 + ",bo@x.example,en,UTC,,yes", "column name: the name is too long"),
        ("subscriber:1,Bo,bo@x.example,en,UTC,,yes", "column person: this is not an id"),
        (",Bo,bo@x.example,en,UTC,,yes", "column person: this is not an id"),
        ("bo@x.example,Bo,bo@x.example,en,UTC,,yes", "column person: this is not an id"),
        ("2,Bo,bo@x.example,en,UTC,,perhaps", "column consent: consent is neither yes nor no"),
        ("2,Bo,bo@x.example,en,UTC,,", "column consent: consent is neither yes nor no"),
        ("2,Bo,bo@x.example", "customers.csv:3: the row has 3 cells, fewer than the first line"),
        ('2,"Bo,bo@x.example,en,UTC,,yes', "customers.csv:3: the row is not CSV"),
        ("2," + "B" * LONGEST_LINE, "customers.csv:3: the row is longer than 16384 bytes"),
    ],
)
def test_a_bad_row_is_refused_alone_naming_line_and_column(people: Reader, row: str, message: str) -> None:
    found = people(HEADER + GOOD + row + "\n" + GOOD.replace("1001", "1002").replace("ana@", "eva@"))
    assert ids(found) == ["N-1001", "N-1002"]
    (error,) = errors(found)
    assert message in error


def test_bytes_that_are_no_text_spoil_their_row_alone(people: Reader) -> None:
    found = people((HEADER + GOOD).encode() + b"2,B\xff,b@x.example,en,UTC,,yes\n" + GOOD.replace("1001", "9").encode())
    assert errors(found) == ["customers.csv:3: the row is not text in UTF-8, correct the row"]
    assert len(found) == 3


def test_an_error_never_holds_the_address(people: Reader) -> None:
    assert "secretive" not in errors(people(HEADER + "2,Bo,secretive@@x.example,en,UTC,,yes\n"))[0]


def test_a_segment_keeps_its_own_people(people: Reader) -> None:
    found = people(HEADER + GOOD + "2,Bo,not an address,xx,Mars,quoting,yes\n", "payers")
    assert ids(found) == ["N-1001"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "customers.csv:1: the file is empty"),
        ("person;name;email\n", "column person: there is no column person"),
        ("person,name,email,language,zone\n", "column consent: there is no column consent"),
        ("x" * 20_000, "the row is longer"),
    ],
)
def test_a_file_without_the_right_first_line_cannot_be_read(people: Reader, content: str, message: str) -> None:
    found = people(content)
    assert [type(each) for each in found] == [Unread]
    assert message in errors(found)[0]


def test_a_segment_needs_its_column(people: Reader) -> None:
    assert "there is no column segments" in errors(people(HEADER.replace(",segments", "") + "x\n", "payers"))[0]


def test_a_missing_file_cannot_be_read() -> None:
    (found,) = read(PurePath("/nowhere/customers.csv"))
    assert isinstance(found, Unread)
    assert str(found).startswith("customers.csv: the file cannot be read")


@given(lines=st.lists(st.text(alphabet=st.sampled_from('aN-12,;@."\r\x00é\u202e ')), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_line_that_is_not_blank_comes_out_once(people: Reader, lines: list[str]) -> None:
    body = "\n".join(lines)
    written = sum(1 for line in body.split("\n") if line.strip(' \r,"'))
    found = people(HEADER + body)
    lined = {
        one.where if isinstance(one, Found) else f"customers.csv:{one.line}" for one in found if not isinstance(one, Unread)
    }
    assert written <= len(lined) <= len(lines)


def test_a_hundred_thousand_people_take_no_memory(people: Reader, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(f"N-{n},Ana Ortiz,ana{n % 90_000}@x.example,es,Europe/Madrid,payers,yes\n" for n in range(100_000))
    tracemalloc.start()
    count = sum(1 for one in read(path) if isinstance(one, Found))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 1_000_000
