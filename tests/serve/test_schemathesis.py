"""Whatever the OpenAPI document allows or forbids, asked of the real application over a real store: no server error, no
undeclared status, header or shape, nothing accepted that the document forbids, nothing refused as invalid that it allows.

SENTINEL_EXAMPLES=500 makes a long run of it (and SENTINEL_SEED=random one that is not the same each time).
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, CheckContext
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response

from sentinel.model.secret import Secret
from sentinel.serve.api.document import document
from sentinel.serve.app import build
from sentinel.serve.gate import LARGEST_ID
from tests.run.world import CARD
from tests.serve.browser import Clock
from tests.serve.hub import MemoryHub
from tests.serve.real import OPERATOR, lived_in, served

EXAMPLES = int(os.environ.get("SENTINEL_EXAMPLES", "5"))
FIXED = os.environ.get("SENTINEL_SEED") != "random"
NUMBERS = {"incident": 3, "notice": 11, "delivery": 12, "token": 3}
"""Path parameter → about how many of them there are: most ids that are tried exist."""
NAMES = {"service": ("payments", "ledger"), "check": (CARD,), "email": ("vera@example.com",), "language": ("en", "es")}

FRAMING = {"transfer-encoding", "content-length", "connection", "expect", "upgrade"}
"""Headers with which a request is no HTTP any more: the server itself says so, in plain text, before we see it."""

schema = schemathesis.openapi.from_dict(
    document(build(MemoryHub(), Secret(OPERATOR), Clock(), scrypt_cost=16).routes),
    config=SchemathesisConfig.from_dict({"checks": {"positive_data_acceptance": {"enabled": False}}}),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    house = lived_in(tmp_path_factory.mktemp("house"))
    with served(house, step=timedelta(minutes=20)) as url:
        yield url
    house.close()


def what_is_allowed_is_not_invalid(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that fits the document may be refused by the hub's rules, but never for its shape: then `faults` says so."""
    if case.meta is not None and case.meta.generation.mode.is_positive and response.status_code in (400, 415, 422):
        if response.headers["content-type"][0].startswith("text/plain"):
            return  # a scraper's refusal has no faults
        problem = response.json()
        assert not problem["faults"], problem
        assert problem["code"] not in ("unreadable", "media_type"), problem


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=FIXED,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_does_what_its_document_says(case: Case[Any], address: str) -> None:
    """Every operation."""
    for name, given in case.path_parameters.items():
        if name in NUMBERS and type(given) is int and 0 < given <= LARGEST_ID:
            case.path_parameters[name] = given % NUMBERS[name] + 1
        elif name in NAMES and type(given) is str and len(given) % 2:
            case.path_parameters[name] = NAMES[name][len(given) // 2 % len(NAMES[name])]
    for name in [name for name in case.headers if name.lower() in FRAMING]:
        del case.headers[name]
    case.headers["Authorization"] = f"Bearer {OPERATOR}"
    case.call_and_validate(base_url=address, additional_checks=[what_is_allowed_is_not_invalid], timeout=30)


def test_no_check_is_left_out() -> None:
    """All that schemathesis knows is on; the one that is off is told apart more finely here."""
    assert {"not_a_server_error", "status_code_conformance", "negative_data_rejection"} <= set(CHECKS.get_all_names())
