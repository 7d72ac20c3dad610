"""HTML, derived from a filled text: everything escaped, paragraphs and line breaks, no links, no style of its own."""

from html import escape


def html(text: str) -> str:
    """`text` as a fragment: a blank line parts paragraphs, a new line breaks. Nothing in it becomes markup."""
    paragraphs = [piece.strip() for piece in text.replace("\r\n", "\n").split("\n\n")]
    return "\n".join(f"<p>{'<br>'.join(map(_line, piece.splitlines()))}</p>" for piece in paragraphs if piece)


def _line(line: str) -> str:
    return escape(line.strip(), quote=True)
