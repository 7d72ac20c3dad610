"""Our own check of mail addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.directory.address import fault


@pytest.mark.parametrize(
    "address", ["ana@northwind.example", "a.b+c@mail.x-y.example", "o'neil@x.example", f"{'a' * 64}@x.example"]
)
def test_what_can_be_sent_to_is_taken(address: str) -> None:
    assert fault(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@x.example",
        "ana@",
        "ana@x",
        "a@b@x.example",
        "a b@x.example",
        "a,b@x.example",
        "<a@x.example>",
        '"a b"@x.example',
        "a@x.example\r\nBcc: b@x.example",
        "a@x.example\n",
        "a@x.example\x00",
        "a\u202eb@x.example",
        "a\u200bb@x.example",
        "añá@x.example",
        "a@ñ.example",
        ".a@x.example",
        "a..b@x.example",
        "a@-x.example",
        "a@x..example",
        "a@[127.0.0.1]",
        f"{'a' * 65}@x.example",
        f"a@{'x.' * 150}example",
        "a;b@x.example",
        "a@x.example, b@x.example",
        "a:b@x.example",
    ],
)
def test_what_could_forge_or_fail_is_refused(address: str) -> None:
    assert fault(address) is not None


@given(st.text())
def test_an_address_that_passes_cannot_leave_its_header(address: str) -> None:
    if fault(address) is None:
        assert address.isascii()
        assert address.isprintable()
        assert address.count("@") == 1
        assert not set(address) & set(' ,;:<>()[]\\"')


@given(st.text())
def test_the_complaint_never_quotes_the_address(local: str) -> None:
    wrong = fault(f"{local}zqx@@x.example")
    assert wrong
    assert "zqx" not in "".join(wrong)
