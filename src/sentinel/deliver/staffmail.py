"""How a brief becomes a mail to the desk: plain text, and simple HTML of the same. Rare, so it is built the ordinary way."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from sentinel.deliver import layout, mime
from sentinel.deliver.layout import Part
from sentinel.model.message import StaffNote


def build(note: StaffNote, sender: mime.Sender, to: tuple[str, str], now: datetime) -> bytes:
    """The whole mail. What a target or a person wrote is made fit for headers by leaving out what is not."""
    name, address = to
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = _subject(layout.title(note.brief))
    mail["From"] = mime.mailbox(sender.name, sender.address).decode()
    mail["To"] = mime.mailbox(name, address).decode()
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = mime.message_id(note.key, sender.domain).decode()
    mail["References"] = mime.message_id(f"staff thread {note.brief.reference}", sender.domain).decode()
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_whole(text(note)))
    mail.add_alternative(_whole(_html(note)), subtype="html")
    return mail.as_bytes()


def _subject(title: str) -> str:
    """On one line, and without what a reader would decode."""
    fit = "".join(" " if mime.unfit(each) else each for each in title)
    return " ".join(fit.replace("=?", "= ?").split())[:200]


def _whole(text: str) -> str:
    """Half a character (a lone surrogate) cannot be sent."""
    return text.encode(errors="replace").decode()


def text(note: StaffNote) -> str:
    """The brief as plain text, for every channel that shows nothing else."""
    blocks = [layout.title(note.brief)]
    for part in layout.parts(note.brief):
        mark = "> " if part.quoted else "- " if len(part.lines) > 1 else ""
        lines = [mark + line for said in part.lines for line in said.splitlines()]
        blocks.append("\n".join([f"{part.label}:", *lines]))
    if note.brief.link:
        blocks.append(note.brief.link)
    return "\n\n".join(blocks) + "\n"


def _html(note: StaffNote) -> str:
    body = "".join(f"<h3>{escape(part.label)}</h3>{_block(part)}" for part in layout.parts(note.brief))
    link = note.brief.link
    opens = f'<p><a href="{escape(link)}">Open in Sentinel</a></p>' if link.startswith(("https://", "http://")) else ""
    return f"<html><body><h2>{escape(layout.title(note.brief))}</h2>{body}{opens}</body></html>\n"


def _block(part: Part) -> str:
    lines = [escape(line).replace("\n", "<br>") for line in part.lines]
    if part.quoted:
        return "".join(f"<blockquote>{line}</blockquote>" for line in lines)
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" if len(lines) > 1 else f"<p>{lines[0]}</p>"
