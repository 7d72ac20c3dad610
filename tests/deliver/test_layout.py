"""What the desk reads, in the order in which it is needed."""

from sentinel.deliver import layout, mime
from sentinel.deliver.staffmail import build

from .letters import NOW, note
from .test_mime import part, read


def test_the_parts_come_in_order_and_times_in_the_readers_zone() -> None:
    parts = layout.parts(note(ask="Is 14:30 still right?").brief)
    assert [each.label for each in parts] == [
        "Please answer",
        "Say now",
        "What customers feel",
        "When",
        "Who",
        "Do not",
        "Instead",
        "For the desk alone",
        "What customers get (en)",
        "What customers get (es)",
    ]
    assert parts[3].lines == (
        "since Mon 8 June, 10:05 (Europe/Madrid)",
        "expected back by Mon 8 June, 14:30 (Europe/Madrid)",
        "next word by Mon 8 June, 11:05 (Europe/Madrid)",
    )


def test_a_brief_without_a_time_says_so_and_leaves_out_what_it_lacks() -> None:
    brief = note(until=None, do_not=(), instead=(), desk=(), words={}, who="").brief
    parts = layout.parts(brief)
    assert [each.label for each in parts] == ["Say now", "What customers feel", "When"]
    assert "no time of return has been given" in parts[2].lines


def test_the_desks_mail_is_plain_and_html_and_escapes_what_targets_wrote() -> None:
    sender = mime.Sender(name="Sentinel", address="sentinel@northwind.example", reply_to="", stop_url="")
    made = note(headline="Pay\r\nments <script>", say="Say <this> & that")
    mail = read(build(made, sender, ("Desk", "desk@northwind.example"), NOW))
    assert mail["Subject"] == "17-A: Pay ments <script>"
    assert mail["To"] == "Desk <desk@northwind.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Say now:\n> Say <this> & that\n" in part(mail, "plain")
    assert "<blockquote>Say &lt;this&gt; &amp; that</blockquote>" in part(mail, "html")
    assert "<script>" not in part(mail, "html")
    assert mail["Message-ID"] == read(build(made, sender, ("Desk", "desk@northwind.example"), NOW))["Message-ID"]
