"""docs/reference/agreement.md says what the cases say."""

from tests.exchange.agreement import PAGE, page


def test_the_page_is_made_of_the_cases() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.exchange.agreement"
