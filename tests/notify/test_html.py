"""HTML from text: paragraphs and escapes, nothing else."""

import re

from hypothesis import given
from hypothesis import strategies as st

from sentinel.notify.html import html


def test_paragraphs_and_lines() -> None:
    assert html("Dear Ana,\n\nHello\nthere.") == "<p>Dear Ana,</p>\n<p>Hello<br>there.</p>"


def test_markup_and_links_stay_text() -> None:
    assert html('<a href="x">&') == "<p>&lt;a href=&quot;x&quot;&gt;&amp;</p>"
    assert "<a" not in html("https://example.test")


@given(st.text())
def test_no_text_makes_a_tag_of_its_own(text: str) -> None:
    assert set(re.findall(r"<[^>]*>?", html(text))) <= {"<p>", "</p>", "<br>"}
