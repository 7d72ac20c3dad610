"""Web addresses as they go over the wire."""

import pytest

from sentinel.model.web import split, web_address, wire_address, without_login


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
        ("https://omar:47/11@northwind.example/p: none", "https://***@northwind.example/p: none"),
        ("https://omar@work.example:p/11@northwind.example/", "https://***@northwind.example/"),
    ],
    ids=[
        "name and password",
        "a name alone",
        "two addresses",
        "a password not encoded",
        "no login",
        "a mail address",
        "a password that reads like a port",
        "a name that is an address",
    ],
)
def test_a_login_in_a_web_address_is_not_shown(text: str, shown: str) -> None:
    assert without_login(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://h/redirect?to=https://user:pw@host/", "https://h/redirect?to=https://***@host/"),
        ("https://h:8443/cb?next=https://u:pw@z/", "https://h:8443/cb?next=https://***@z/"),
        ("https://u:p@a/x?y=https://c:secret@z", "https://***@a/x?y=https://***@z"),
        ('["https://a/b","https://u:pw@c/d"]', '["https://a/b","https://***@c/d"]'),
        ("https://a,https://u:p?pw@c", "https://a,https://***@c"),
        ("https://u:secret://pw@c/d", "https://***@c/d"),
        ("https://u:p@a/x,https://u:8/pw@b/y,https://u:secret@c/z", "https://***@a/x,https://***@c/z"),
        ("https://a/b?to=https://c/d", "https://a/b?to=https://c/d"),
    ],
)
def test_an_address_within_an_address_shows_no_login_either(text: str, shown: str) -> None:
    assert without_login(text) == shown
    assert "pw" not in shown
    assert "secret" not in shown


def test_a_text_of_nothing_but_addresses_is_read_all_the_same() -> None:
    many = "https://a/b?c=" * 2_000
    assert without_login(f"{many}https://u:pw@c") == f"{many}https://***@c"


@pytest.mark.parametrize(
    "password",
    ["hun/ter2", "47/hunter2", "47?hunter2", "47#hunter2", "/hunter2", "hunter2\u2100", "hun[ter2", "999999/hunter2"],
)
def test_a_password_that_ends_the_host_too_early_is_refused_and_no_part_of_it_is_told(password: str) -> None:
    for read in (split, web_address):
        with pytest.raises(ValueError, match=r"name and|name and password|cannot be read") as refused:
            read(f"https://omar:{password}@northwind.example/form")
        told = str(refused.value)
        assert "hun" not in told
        assert "47" not in told
        assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "https://northwind.example:8443/@news",
        "https://northwind.example:8443/form?mail=ada@example.com",
        "https://northwind.example:8443/?mail=ada@example.com",
        "https://northwind.example/users/ada@example.com",
        "https://[2001:db8::1]/users/ada@example.com",
        "https://northwind.example:8443/users/ada%40example.com",
    ],
)
def test_an_at_sign_elsewhere_makes_no_login(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize("end", ["?mail=ada@example.com", "#ada@example.com"])
def test_an_at_sign_right_behind_a_port_may_end_a_password_and_is_refused_with_what_to_write(end: str) -> None:
    with pytest.raises(ValueError, match=r"behind a port.* / stands before \? or #"):
        web_address(f"https://northwind.example:8443{end}")


def test_where_a_server_sends_us_nothing_is_taken_for_a_mistake_of_writing() -> None:
    assert wire_address("https://northwind.example:8443/users/ada@example.com").endswith("/users/ada@example.com")
