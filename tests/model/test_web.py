"""Web addresses as they go over the wire."""

import pytest

from sentinel.model.web import web_address, without_login


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://northwind.example/straße?größe=ü", "https://northwind.example/stra%C3%9Fe?gr%C3%B6%C3%9Fe=%C3%BC"),
        ("https://northwind.example/a%20b?c=%C3%BC&d=[1]", "https://northwind.example/a%20b?c=%C3%BC&d=[1]"),
        ("https://größe.example/", "https://xn--grsse-kua.example/"),
    ],
)
def test_letters_beyond_ascii_are_encoded_and_what_is_encoded_stays_as_it_is(written: str, sent: str) -> None:
    assert web_address(written) == sent


def test_half_of_a_pair_is_no_letter() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        web_address("https://northwind.example/\ud800")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "https://omar:hunter2@northwind.example/a: none",
            "https://***@northwind.example/a: none",
        ),
        ("http://token@northwind.example", "http://***@northwind.example"),
        ("see https://a:b@c.example and https://d:e@f.example", "see https://***@c.example and https://***@f.example"),
        ("https://omar:a/b?c@northwind.example/p", "https://***@northwind.example/p"),
        (
            "https://northwind.example:8443/@news?mail=ada@example.com",
            "https://northwind.example:8443/@news?mail=ada@example.com",
        ),
        ("ada@example.com", "ada@example.com"),
    ],
    ids=["name and password", "a name alone", "two addresses", "a password not encoded", "no login", "a mail address"],
)
def test_a_login_in_a_web_address_is_not_shown(text: str, shown: str) -> None:
    assert without_login(text) == shown
