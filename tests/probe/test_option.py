"""What the options of several kinds are made of."""

from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.probe.kind import grpc, tcp, tls
from sentinel.probe.option import host_and_port


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("pay.northwind.example:443", {"host": "pay.northwind.example", "port": 443}),
        ("[2001:db8::7]:443", {"host": "2001:db8::7", "port": 443}),
        ({"host": "a", "port": 1}, {"host": "a", "port": 1}),
    ],
)
def test_host_and_port_are_told_apart(written: Any, read: Any) -> None:
    assert host_and_port(written) == read
    assert tcp.Options.model_validate(written).model_dump() == read


@pytest.mark.parametrize("written", ["pay.northwind.example", "2001:db8::7", "::1", "[::1]"])
@pytest.mark.parametrize("kind", [tcp, grpc])
def test_where_no_port_goes_without_saying_it_is_asked_for(kind: Any, written: str) -> None:
    with pytest.raises(ValidationError, match="the port is missing: write host:port"):
        kind.Options.model_validate(written)


@pytest.mark.parametrize("written", ["2001:db8::7", "[2001:db8::7]"])
def test_a_port_that_goes_without_saying_need_not_be_written(written: str) -> None:
    assert tls.Options.model_validate(written).host == "2001:db8::7"
