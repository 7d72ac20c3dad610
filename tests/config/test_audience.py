"""Audiences as people write them: what is right becomes a record, what is not is said with its place."""

import pytest

from sentinel.config import ConfigError, load
from sentinel.config.query import parameters
from sentinel.model.audience import Audience
from sentinel.model.person import Purpose

from .registry import KINDS

ENV = {
    "env:DB": "postgresql://reader:hunter2@db/crm",
    "env:EARLY": "postgresql://reader:hunt@er2@db/crm",
    "env:TOKEN": "s3cret",
}
HEAD = """\
name: northwind
brand: Northwind
url: https://sentinel.example
time_zone: UTC
languages: [en]
audiences:
  payers:
"""
QUERY = '    sql: {url: "${env:DB}", query: "'


def audience(written: str) -> Audience:
    return load({"sentinel.yaml": HEAD + written}, KINDS, ENV.get).audiences["payers"]


def refused(written: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        audience(written)
    assert "hunter2" not in str(error.value)
    return [str(problem).removeprefix("sentinel.yaml:") for problem in error.value.problems]


def test_a_file() -> None:
    found = audience("    csv: customers.csv\n    segment: payers\n")
    assert (str(found.csv), found.segment, found.subscribers, found.purpose) == (
        "customers.csv",
        "payers",
        True,
        Purpose.SERVICE,
    )


def test_a_query() -> None:
    found = audience(QUERY + 'select * from c where s = :segment and at > cast(:began_at as date)"}\n    segment: payers\n')
    assert found.sql is not None
    assert found.sql.url.reveal() == ENV["env:DB"]
    assert "hunter2" not in repr(found)
    assert found.sql.timeout.total_seconds() == 120


def test_an_address() -> None:
    found = audience('    http: {url: "https://crm.example/affected", token: "${env:TOKEN}", timeout: 5m}\n')
    assert found.http is not None
    assert found.http.token is not None
    assert (found.http.url, found.http.token.reveal(), found.http.timeout.total_seconds()) == (
        "https://crm.example/affected",
        "s3cret",
        300,
    )


def test_only_subscribers() -> None:
    found = audience("    subscribers: true\n    purpose: subscriptions\n")
    assert (found.csv, found.sql, found.http, found.subscribers, found.purpose) == (
        None,
        None,
        None,
        True,
        Purpose.SUBSCRIPTIONS,
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "    segment: payers\n",
            "8:5: this audience has nobody in it, say where from: csv, sql or http, or `subscribers: true`",
        ),
        ("    subscribers: false\n", "8:5: this audience has nobody in it"),
        (
            "    csv: a.csv\n    http: {url: 'https://x.example'}\n",
            "9:5: this audience is read from `csv` already, make it an audience of its own",
        ),
        ("    csb: a.csv\n    subscribers: true\n", "8:5: unknown key `csb`, did you mean `csv`?"),
        ("    subscribers: true\n    segment: payers\n", "9:14: a segment picks from a source, and there is none"),
        (
            QUERY + 'select 1 where at > :begun_at"}\n',
            "8:36: the query names a parameter that there is not, `:begun_at`, did you mean `began_at`?",
        ),
        (QUERY + 'select :now::date"}\n', "8:36: a parameter stands before `::`, `:now::`, write cast(:now as ...)"),
        (QUERY + 'delete from c"}\n', "8:36: this is not a query, begin it with SELECT or WITH"),
        (QUERY + 'select 1; drop table c"}\n', "8:36: this is more than one statement, write one SELECT"),
        (QUERY + 'with x as (delete from c returning *) select * from x"}\n', "8:36: the query holds `delete`"),
        (QUERY + 'select * into copy from c"}\n', "8:36: the query holds `into`"),
        (QUERY + 'select 1 where p = :places"}\n', "8:36: `:places` is a list, write it as `in :places`"),
        (QUERY + 'select 1"}\n    segment: payers\n', "9:14: the query does not ask for the segment"),
        (
            '    sql: {url: "postgresql://reader:hunter2@db/crm", query: "select 1"}\n',
            "8:16: a password must not be written here, write the address as ${env:NAME} or ${file:path}",
        ),
        (
            '    sql: {url: "postgresql://reader:hun/ter2@db/crm", query: "select 1"}\n',
            "8:16: a password must not be written here, write the address as ${env:NAME} or ${file:path}",
        ),
        ('    sql: {url: "reader/crm", query: "select 1"}\n', "8:16: this is no address of a database, such as"),
        ('    sql: {url: "${env:EARLY}", query: "select 1"}\n', "8:16: the host cannot be told from a name and a password"),
        ('    sql: {url: "${env:DB}"}\n', "8:10: `query` is missing here, add it"),
        ('    http: {url: "https://x.example", token: open}\n', "8:45: a secret must not be written here"),
        ('    http: {url: "ftp://x.example"}\n', "8:17: this is not a web address"),
        ("    csv: a.csv\n    purpose: marketing\n", "9:14: `marketing` is not known here"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(written: str, problem: str) -> None:
    assert any(each.startswith(problem) for each in refused(written)), refused(written)


@pytest.mark.parametrize(
    "query",
    [
        "select id from c where note = '; delete from c' and \"update\" = 1 -- drop it\n;",
        "with a as (select replace(name, 'x', '') from c) select * from a",
        "SELECT a::text, '10:30' FROM c /* insert ; */ WHERE p IN :places",
        "select $$ ; drop $$ as x",
    ],
)
def test_what_only_reads_is_let_through(query: str) -> None:
    written = "    sql:\n      url: ${env:DB}\n      query: |\n        " + query.replace("\n", "\n        ") + "\n"
    assert audience(written).sql is not None


def test_casts_and_times_are_no_parameters() -> None:
    assert parameters("select a::text, '10:30', b \\:c from d where e = :now") == {"now"}
