"""Audiences: what must agree inside one entry of `audiences:`, and the record that is made of it."""

from collections.abc import Mapping as Several

from sentinel.config.problem import Problems
from sentinel.config.query import parameters
from sentinel.config.shape import AudienceShape, InstallationShape
from sentinel.config.tree import Mapping, Node, Scalar, below
from sentinel.model.audience import Audience, HttpSource, SqlSource
from sentinel.model.installation import PurePath
from sentinel.model.person import Purpose
from sentinel.model.secret import Secret
from sentinel.model.web import hides_login

SOURCES = ("csv", "sql", "http")


def check_audiences(tree: Node, problems: Problems) -> None:
    """Each has one source, or none and subscribers; what its segment picks by is there; no password stands in the open."""
    written = below(tree, "audiences")
    for _, node in written.items if isinstance(written, Mapping) else ():
        if isinstance(node, Mapping):
            _check_one(node, problems)


def _check_one(node: Mapping, problems: Problems) -> None:
    there = [key for key, _ in node.items if key.text in SOURCES]
    for key in there[1:]:
        problems.add(key, f"this audience is read from `{there[0].text}` already", "make it an audience of its own")
    subscribers = node.get("subscribers")
    if not there and not (isinstance(subscribers, Scalar) and subscribers.value is True):
        problems.add(node, "this audience has nobody in it", "say where from: csv, sql or http, or `subscribers: true`")
    segment = node.get("segment")
    if segment and not there:
        problems.add(segment, "a segment picks from a source, and there is none", "take it out")
    query, url = below(node, "sql", "query"), below(node, "sql", "url")
    if isinstance(query, Scalar) and segment and "segment" not in parameters(query.word):
        problems.add(segment, "the query does not ask for the segment", "name `:segment` in it, or take the segment out")
    if isinstance(url, Scalar) and not url.resolved and not url.broken and _has_password(url.text):
        problems.add(url, "a password must not be written here", "write the address as ${env:NAME} or ${file:path}")


def _has_password(url: str) -> bool:
    """Whether a user's name with a password stands before the host, or one among the options behind it."""
    before, at, _ = url.partition("://")[2].split("/")[0].rpartition("@")
    return (bool(at) and ":" in before) or hides_login(url) or "password=" in url.casefold()


def audiences(shape: InstallationShape) -> Several[str, Audience]:
    """Name → audience, of a shape in which everything is right."""
    return {name: _made(name, one) for name, one in shape.audiences.items()}


def _made(name: str, one: AudienceShape) -> Audience:
    return Audience(
        name=name,
        csv=PurePath(one.csv) if one.csv else None,
        sql=None
        if one.sql is None
        else SqlSource(
            url=one.sql.url if isinstance(one.sql.url, Secret) else Secret(one.sql.url),
            query=one.sql.query,
            timeout=one.sql.timeout,
        ),
        http=None if one.http is None else HttpSource(url=one.http.url, token=one.http.token, timeout=one.http.timeout),
        segment=one.segment,
        subscribers=one.subscribers is not False,
        purpose=Purpose(one.purpose),
    )
