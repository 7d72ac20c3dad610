"""Mails that come back, as the servers of this world write them; made anew from their formats, with no word of a real one.

Each is a function of the address that it comes to, so that a test says whose it is.
"""

from collections.abc import Callable

ADA = "ada@customers.example"
ORIGINAL = """\
Return-Path: <{to}>
From: Northwind <service@northwind.example>
To: Ada <ada@customers.example>
Subject: Card payments do not work
Message-ID: <out-1@northwind.example>

You cannot pay by card at the moment.
"""


def _mail(text: str, to: str) -> bytes:
    return text.replace("{original}", ORIGINAL).replace("{to}", to).replace("\n", "\r\n").encode()


def postfix(
    to: str, status: str = "5.1.1", action: str = "failed", why: str = "550 5.1.1 <ada@customers.example>: User unknown"
) -> bytes:
    return _mail(
        f"""\
Return-Path: <>
Received: by mx.northwind.example (Postfix) id 4F2A01; Mon, 8 Jun 2026 10:05:00 +0000 (UTC)
Date: Mon, 8 Jun 2026 10:05:00 +0000 (UTC)
From: MAILER-DAEMON@mx.northwind.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {{to}}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F2A00.1780913100/mx.northwind.example"
Message-Id: <20260608100500.4F2A01@mx.northwind.example>

This is a MIME-encapsulated message.

--4F2A00.1780913100/mx.northwind.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.northwind.example.

I'm sorry to have to inform you that your message could not be delivered.

--4F2A00.1780913100/mx.northwind.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.northwind.example
X-Postfix-Queue-ID: 4F2A00
X-Postfix-Sender: rfc822; {{to}}
Arrival-Date: Mon, 8 Jun 2026 10:04:58 +0000 (UTC)

Final-Recipient: rfc822; ada@customers.example
Original-Recipient: rfc822;ada@customers.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.customers.example
Diagnostic-Code: smtp; {why}

--4F2A00.1780913100/mx.northwind.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

{{original}}
--4F2A00.1780913100/mx.northwind.example--
""",
        to,
    )


def exim(to: str) -> bytes:
    """Report and words; a long diagnostic over two lines."""
    return _mail(
        """\
Return-path: <>
Envelope-to: {to}
From: Mail Delivery System <Mailer-Daemon@relay.example>
To: {to}
Auto-Submitted: auto-replied
X-Failed-Recipients: ada@customers.example
Content-Type: multipart/report; report-type=delivery-status; boundary=1780913100-eximdsn-804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1aBcDe-0001Ab-Cd@relay.example>
Date: Mon, 08 Jun 2026 10:05:00 +0000

--1780913100-eximdsn-804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its recipients.

--1780913100-eximdsn-804289383
Content-type: message/delivery-status

Reporting-MTA: dns; relay.example

Action: failed
Final-Recipient: rfc822;ada@customers.example
Status: 5.0.0
Remote-MTA: dns; mx.customers.example
Diagnostic-Code: smtp; 552-5.2.2 The mailbox is full and over its
 quota, try again later

--1780913100-eximdsn-804289383
Content-type: message/rfc822

{original}
--1780913100-eximdsn-804289383--
""",
        to,
    )


def exchange(to: str) -> bytes:
    """Words in HTML within an alternative, the report after it, and only its headers of the original."""
    return _mail(
        """\
From: Microsoft Outlook <postmaster@customers.example>
To: <{to}>
Date: Mon, 8 Jun 2026 10:05:00 +0000
Content-Type: multipart/report; report-type=delivery-status;
 boundary="_9b3d6f2a-0c4e-4b6d-a1d5-000000000001_"
Content-Language: en-GB
Message-ID: <5b7a4c1e-1f2d-4a0b-8a53-c0ffee000001@customers.example>
In-Reply-To: <out-1@northwind.example>
Subject: Undeliverable: Card payments do not work
Auto-Submitted: auto-generated
MIME-Version: 1.0

--_9b3d6f2a-0c4e-4b6d-a1d5-000000000001_
Content-Type: multipart/alternative; differences=Content-Type;
 boundary="_6ac7_"

--_6ac7_
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<p>Your message to ada@customers.example couldn't be delivered.</p>
--_6ac7_--

--_9b3d6f2a-0c4e-4b6d-a1d5-000000000001_
Content-Type: message/delivery-status

Reporting-MTA: dns;ex01.customers.example
Received-From-MTA: dns;mx.northwind.example
Arrival-Date: Mon, 8 Jun 2026 10:04:59 +0000

Final-Recipient: rfc822;ada@customers.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: Ada

--_9b3d6f2a-0c4e-4b6d-a1d5-000000000001_
Content-Type: text/rfc822-headers

{original}
--_9b3d6f2a-0c4e-4b6d-a1d5-000000000001_--
""",
        to,
    )


def gmail(to: str) -> bytes:
    """A delay, and pictures among the parts."""
    return _mail(
        """\
Return-Path: <>
Delivered-To: {to}
From: Mail Delivery Subsystem <mailer-daemon@bigmail.example>
To: {to}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Delay)
References: <out-1@northwind.example>
Message-ID: <666f6f.050a0220.1.2.GMR@mx.bigmail.example>
Date: Mon, 08 Jun 2026 03:05:00 -0700 (PDT)
Content-Type: multipart/report; boundary="0000000000007e1f5d05"; report-type=delivery-status

--0000000000007e1f5d05
Content-Type: multipart/related; boundary="0000000000007e20d505"

--0000000000007e20d505
Content-Type: text/html; charset="UTF-8"

<b>Delivery incomplete</b>
--0000000000007e20d505
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--0000000000007e20d505--
--0000000000007e1f5d05
Content-Type: message/delivery-status

Reporting-MTA: dns; bigmail.example
Arrival-Date: Mon, 08 Jun 2026 03:04:59 -0700 (PDT)

Final-Recipient: rfc822; ada@customers.example
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; The recipient server did not accept our requests to connect.
Will-Retry-Until: Thu, 11 Jun 2026 03:04:59 -0700 (PDT)

--0000000000007e1f5d05
Content-Type: message/rfc822

{original}
--0000000000007e1f5d05--
""",
        to,
    )


def qmail(to: str) -> bytes:
    """Words alone."""
    return _mail(
        """\
Return-Path: <>
Received: (qmail 4711 invoked for bounce); 8 Jun 2026 10:05:00 -0000
Date: 8 Jun 2026 10:05:00 -0000
From: MAILER-DAEMON@old.example
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at old.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ada@customers.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 No such user here
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

{original}
""",
        to,
    )


def warned(to: str) -> bytes:
    """An old server that goes on trying."""
    return qmail(to).replace(b"Subject: failure notice", b"Subject: Warning: could not send message for past 4 hours")


def complaint(to: str, kind: str = "abuse", at: str = "fbl@northwind.example") -> bytes:
    """A reader called it spam: it comes to an address that was agreed on, and names the return path within."""
    return _mail(
        f"""\
From: <feedback@bigmail.example>
To: <{at}>
Date: Mon, 8 Jun 2026 10:05:00 +0000
Subject: FW: Card payments do not work
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1_13d.2e68ed54_boundary"
Message-ID: <arf-1@bigmail.example>

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{{to}}>
Reported-Domain: northwind.example

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822

{{original}}
--part1_13d.2e68ed54_boundary--
""",
        to,
    )


def absence(to: str) -> bytes:
    """An answer of a mailbox, sent to the return path with an empty one of its own (RFC 3834)."""
    return _mail(
        """\
Return-Path: <>
From: Ada <ada@customers.example>
To: {to}
Subject: Out of office Re: Card payments do not work
Auto-Submitted: auto-replied (vacation)
Message-ID: <away-1@customers.example>

I am away until Monday. 550 5.1.1 is a joke of mine.
""",
        to,
    )


def answer(to: str) -> bytes:
    """Somebody writes back."""
    return absence(to).replace(b"Return-Path: <>\r\n", b"").replace(b"Auto-Submitted: auto-replied (vacation)\r\n", b"")


HARD: tuple[Callable[[str], bytes], ...] = (postfix, exchange, qmail)
"""Those that say that there is no such mailbox."""
ALL: tuple[Callable[[str], bytes], ...] = (postfix, exim, exchange, gmail, qmail, warned, complaint)
"""All that report something."""
