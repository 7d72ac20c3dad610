"""The small forms inside the files."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sentinel.config import text


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (text.Name, "card-form"),
        (text.Language, "pt-BR"),
        (text.Day, "2026-06-01"),
        (text.Zone, "Europe/Madrid"),
        (text.Network, "10.0.0.0/8"),
        (text.Network, "::1/128"),
        (text.WebAddress, "https://x.example/a?b=1"),
        (text.Listening, "127.0.0.1:8080"),
        (text.Listening, "[::1]:80"),
        (text.MailAddress, "lena@northwind.example"),
        (text.OpeningHours, "always"),
        (text.OpeningHours, "Mo-Fr 08:00-18:00; Sa 09:00-13:00"),
        (text.OpeningHours, "Su 00:00-24:00"),
        (text.Prose, "two\nlines, {slot} and مرحبا"),
        (text.Line, "one line"),
    ],
)
def test_what_is_written_right_is_taken(kind: Any, value: object) -> None:
    assert accepts(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (text.Name, "Card"),
        (text.Name, "a.b"),
        (text.Name, ""),
        (text.Name, "-a"),
        (text.Name, "a" * 64),
        (text.Name, "a\n"),
        (text.Language, "english!"),
        (text.Language, "EN"),
        (text.Day, 20260601),
        (text.Day, 0),
        (text.Day, "2026-6-1"),
        (text.Day, "2026-02-29"),
        (text.Day, "2026-06-01T00:00:00"),
        (text.Zone, "../../etc/passwd"),
        (text.Zone, "Europe"),
        (text.Zone, "CET "),
        (text.Network, "10.0.0.1/8"),
        (text.Network, "localhost"),
        (text.WebAddress, "javascript:alert(1)"),
        (text.WebAddress, "https://"),
        (text.WebAddress, "https://[x"),
        (text.WebAddress, "http://a:99999"),
        (text.WebAddress, "http://a b"),
        (text.Listening, "8080"),
        (text.Listening, "a:70000"),
        (text.MailAddress, "a@b@c"),
        (text.MailAddress, "a b@c"),
        (text.MailAddress, "a@b\nBcc: x"),
        (text.OpeningHours, "08:00-18:00"),
        (text.OpeningHours, "Mo 18:00-08:00"),
        (text.OpeningHours, ""),
        (text.Prose, "paid \u202egnp.exe"),
        (text.Prose, "a\x1bb"),
        (text.Prose, ""),
        (text.Line, "two\nlines"),
        (text.Line, "a\u2028b"),
    ],
)
def test_what_is_written_wrong_is_refused(kind: Any, value: object) -> None:
    assert not accepts(kind, value)
