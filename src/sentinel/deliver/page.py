"""Page: the HTML of a letter as a page of its own, for whoever carries it to a mail program (mime.py, jsonbody.py).

Does not belong here: what the letter says, the line that says how to stop (mime.py).
"""

from html import escape

from sentinel.model.message import Wording


def whole(wording: Wording) -> str:
    """A fragment as a page that says its language and takes the reader's colours: without that, mail programs read Spanish out
    in English, and show paragraphs as a newspaper of 1995 would."""
    if "<body" in wording.html:
        return wording.html
    return (
        f'<!doctype html>\n<html lang="{escape(wording.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        '</head>\n<body style="font-family:Arial,Helvetica,sans-serif;line-height:1.5">\n'
        f"{wording.html}\n</body></html>"
    )
