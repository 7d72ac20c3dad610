"""Reading an audience: every row comes out once, as a person, a silence with its reason, or an error with its line."""

import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentinel.directory.csv import RowError, read
from sentinel.directory.rows import LONGEST_LINE
from sentinel.model.installation import Audience
from sentinel.model.person import Admitted, Person, Reason

HEADER = "person,name,email,language,zone,segments,consent\n"
GOOD = "N-1001,Ana Ortiz,ana@x.example,es,Europe/Madrid,payers;quoting,yes\n"
Found = list[Admitted | RowError]
Reader = Callable[..., Found]


@pytest.fixture
def people(tmp_path: Path) -> Reader:
    """Reads an audience from the bytes or text of its file."""

    def of(content: str | bytes, segment: str | None = None) -> Found:
        path = tmp_path / "customers.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read(Audience(name="payers", csv=path, segment=segment), ("en", "es"), "email"))

    return of


def reasons(found: Found) -> list[Reason | None]:
    return [one.reason for one in found if isinstance(one, Admitted)]


def errors(found: Found) -> list[str]:
    return [str(one) for one in found if isinstance(one, RowError)]


def test_a_row_becomes_a_person(people: Reader) -> None:
    assert people(HEADER + GOOD) == [
        Admitted(
            person=Person(
                id="N-1001", name="Ana Ortiz", channel="email", address="ana@x.example", language="es", zone="Europe/Madrid",
                segments=("payers", "quoting"),
            )
        )
    ]  # fmt: skip


def test_columns_go_by_name_and_others_are_left_alone(people: Reader) -> None:
    found = people('\ufeffconsent,zone,language,Email,name,person,notes\r\nyes,UTC,en,Ana@X.Example,"Ortiz, Ana",7,x\r\n')
    assert isinstance(found[0], Admitted)
    assert (found[0].person.name, found[0].person.address, found[0].person.segments) == ("Ortiz, Ana", "Ana@x.example", ())


def test_silence_has_its_reason(people: Reader) -> None:
    found = people(
        HEADER
        + GOOD
        + "2,Bo,bo@x.example,en,UTC,,no\n"
        + "3,Cy,,en,UTC,,yes\n"
        + "4,Di,ANA@X.example,en,UTC,,yes\n"
        + "5,Ed,BO@x.example,en,UTC,,yes\n"
    )
    # Bo is not sent to, so whoever shares his address still is.
    assert reasons(found) == [None, Reason.NO_CONSENT, Reason.NO_ADDRESS, Reason.SAME_ADDRESS, None]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2,Bo,bo@@x.example,en,UTC,,yes", "customers.csv:3: column email: an address has exactly one @, correct it"),
        ("2,Bo,bo@x.example,fr,UTC,,yes", "column language: unknown language 'fr', use one of those of sentinel.yaml: en, es"),
        ("2,Bo,bo@x.example,,UTC,,yes", "column language: unknown language ''"),
        (
            "2,Bo,bo@x.example,en,Europe/Madird,,yes",
            "column zone: unknown time zone 'Europe/Madird', did you mean Europe/Madrid?",
        ),
        ("2,Bo,bo@x.example,en,../../etc/passwd,,yes", "column zone: unknown time zone"),
        ("2,,bo@x.example,en,UTC,,yes", "column name: the name is missing"),
        ("2,B\x1bo,bo@x.example,en,UTC,,yes", "column name: a control or invisible character stands in the name"),
        ("2,B\u202eo,bo@x.example,en,UTC,,yes", "column name: a control"),
        ("2," + "B" * 121 + ",bo@x.example,en,UTC,,yes", "column name: the name is too long"),
        ("N-1001,Bo,bo@x.example,en,UTC,,yes", "column person: this person stands on an earlier line too"),
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
    assert reasons(found) == [None, None]
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
    assert reasons(found) == [None]
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
def test_a_file_without_the_right_first_line_is_one_error(people: Reader, content: str, message: str) -> None:
    found = people(content)
    assert len(found) == 1
    assert message in errors(found)[0]


def test_a_segment_needs_its_column(people: Reader) -> None:
    assert "there is no column segments" in errors(people(HEADER.replace(",segments", "") + "x\n", "payers"))[0]


def test_a_missing_file_is_one_error() -> None:
    (found,) = read(Audience(name="a", csv=PurePath("/nowhere/customers.csv")), ("en",), "email")
    assert isinstance(found, RowError)
    assert str(found).startswith("customers.csv:0: the file cannot be read")


@given(lines=st.lists(st.text(alphabet=st.sampled_from('aN-12,;@."\r\x00é\u202e ')), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_line_that_is_not_blank_comes_out_once(people: Reader, lines: list[str]) -> None:
    body = "\n".join(lines)
    written = sum(1 for line in body.split("\n") if line.strip(' \r,"'))
    found = people(HEADER + body)
    assert written <= len(found) <= len(lines)


def test_a_hundred_thousand_people_take_little_memory(people: Reader, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(f"N-{n},Ana Ortiz,ana{n % 90_000}@x.example,es,Europe/Madrid,payers,yes\n" for n in range(100_000))
    tracemalloc.start()
    found = Counter(one.reason for one in read(Audience(name="a", csv=path), ("es",), "email") if isinstance(one, Admitted))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == {None: 90_000, Reason.SAME_ADDRESS: 10_000}
    assert peak < 30_000_000
