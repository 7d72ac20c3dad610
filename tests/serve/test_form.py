"""Reading forms, and where they came from."""

from contextlib import suppress
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from sentinel.serve.actions import Reading, approve, read
from sentinel.serve.form import BadForm, is_from_our_page, local_path, read_form
from tests.serve import world


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_a_bad_form(body: bytes) -> None:
    with suppress(BadForm):
        read_form(body, "application/x-www-form-urlencoded; charset=utf-8")


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=200))
def test_text_comes_through_unchanged(text: str) -> None:
    assert read_form(urlencode({"text": text}).encode(), "application/x-www-form-urlencoded")["text"] == text


def test_newlines_are_one_character_and_controls_are_gone() -> None:
    body = urlencode({"text": "a\r\nb\rc\x0bd\x00e\x1b[2Jf\tg"}).encode()
    assert read_form(body, "application/x-www-form-urlencoded")["text"] == "a\nb\nc\nde[2Jf\tg"


def test_the_fetch_header_is_believed_over_the_origin() -> None:
    ours = "https://sentinel.example"
    assert is_from_our_page({"sec-fetch-site": "same-origin"}, ours)
    assert not is_from_our_page({"sec-fetch-site": "cross-site", "origin": ours, "host": "sentinel.example"}, ours)
    assert is_from_our_page({"origin": "http://127.0.0.1:8080", "host": "127.0.0.1:8080"}, ours)
    assert is_from_our_page({"origin": ours, "host": "inner:8080"}, ours), "behind a proxy that changes Host"
    assert not is_from_our_page({"origin": "http://sentinel.example", "host": "inner:8080"}, ours)
    assert not is_from_our_page({"origin": "https://[", "host": "["}, ours)
    assert not is_from_our_page({}, ours)


@given(st.text(max_size=60))
def test_a_sign_in_leads_only_to_paths_of_this_host(target: str) -> None:
    path = local_path(target)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


def test_a_count_is_read_as_people_write_it() -> None:
    reading = Reading(installation=world.installation(), now=world.NOW)
    for written, count in (("184", 184), ("1,204", 1204), ("1.204", 1204), ("1 204 000", 1204000), ("1\u202f204", 1204)):
        assert getattr(read(approve, {"hash": "h", "count": written}, 12, reading), "count", None) == count
    for written in ("18.4", "-1", "1e3", "", "١٢", "1,20", "9" * 30, "0x10"):
        assert getattr(read(approve, {"hash": "h", "count": written}, 12, reading), "code", None) == "invalid"
