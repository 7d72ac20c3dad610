"""The guard, by table: every spelling of an address that a probe must not reach, and those that it may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.guard import networks, refusal

DENIED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.255",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::FFFF:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "0:0:0:0:0:ffff:c0a8:1",
    "::ffff:0:127.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.1.2.3",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::5",
    "2001:0:53aa:64c:0:7a33:80ff:fffe",
    "2001:10::1",
    "2001:1ff::1",
    "2001:db8::1",
    "3fff::1",
    "3fff:fff::9",
    "2002:7f00:1::",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:101::",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00::2",
    "fdff:ffff::1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::5",
    "2a01:4f8::5efe:10.0.0.1",
    "2a01:4f8::200:5efe:192.168.1.1",
    "2606:4700::5efe:7f00:1",
    "not-an-address",
    "127.1",
    "0x7f000001",
    "2130706433",
]
ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.167.0.1",
    "192.169.0.1",
    "198.17.0.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4003::200e",
    "2001:4860:4860::8888",
    "2001:200::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "2a01:4f8::5efe:8.8.8.8",
]


def test_the_table_is_long_enough() -> None:
    assert len(set(DENIED)) >= 60


@pytest.mark.parametrize("address", DENIED)
def test_a_probe_may_not_reach(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_a_probe_may_reach(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("127.0.0.1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("::1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::1", False),
        ("fd00::7", True),
        ("fe80::1%eth0", False),
    ],
)
def test_the_allow_list_opens_what_it_names_and_nothing_that_only_carries_it(address: str, allowed: bool) -> None:
    assert (refusal(address, networks(("127.0.0.1/8", "fd00::/8"))) is None) is allowed


def test_a_network_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="here"):
        networks(("here",))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_in_all_the_forms_that_carry_it(address: object) -> None:
    value = int(address)  # type: ignore[call-overload]
    forms = (f"::ffff:{address}", f"64:ff9b::{address}", f"2002:{value >> 16:x}:{value & 0xFFFF:x}::1")
    assert {refusal(form) for form in forms} == {refusal(str(address))}


@given(st.text(max_size=60))
def test_no_text_is_let_through_or_raises_for_being_no_address(text: str) -> None:
    assert isinstance(refusal(text), str | None)
