"""Random mail: letters that are easily taken for each other, and folders with odd names."""

from __future__ import annotations

from random import Random

from tests.servers.mailbox import DATE
from tests.soak.scenario import Filled, Letter

_SUBJECTS = (b"plain", "Grüße aus Köln".encode(), "Привет".encode("koi8-r"), b"=?utf-8?q?encoded?=", b"", b"x" * 300)
_FLAGS = (
    "",
    "\\Seen",
    "\\Seen \\Answered",
    "\\Flagged",
    "\\Draft",
    "\\Seen $Label1",
    "$Forwarded",
    "\\Seen Work $Label1",
)
_DATES = (
    DATE,
    DATE,
    "02-Jan-2024 10:00:01 +0100",
    " 5-Mar-1999 23:59:59 -0800",
    # The first second of that year stands for no date where rewritten mail is known again.
    "01-Jan-1970 00:01:00 +0000",
    "31-Dec-2037 23:59:59 +1345",
    "29-Feb-2000 12:00:00 +0000",
)
_COMMANDS = (
    b"a1 CREATE evil\r\na2 DELETE Archive\r\na3 UID STORE 1:* +FLAGS (\\Deleted)\r\na4 EXPUNGE\r\na5 CREATE evil\r\n"
)
"""What a server would do if it took a mail for commands."""
NAMES = (
    "Archive",
    "Archive/2023",
    "Archive/2023/Köln",
    "Sent",
    "Entwürfe",
    "a.b",
    "a_b",
    "~home",
    'quo"ted',
    "back\\slash",
    "two  blanks",
    "日本語",
    "INBOX/sub",
    "nil",
    "(x)",
    "100%",
    "a*b",
    "[odd]",
    "Lists",
    "lists",
    "Caf\u00e9",
    "Cafe\u0301",
    "a folder with quite a long name, one",
    "a folder with quite a long name, two",
)


ALIKE = (
    ("Lists", "lists"),
    ("Caf\u00e9", "Cafe\u0301"),
    ("a folder with quite a long name, one", "a folder with quite a long name, two"),
)
"""Names that some servers take for one."""


def letter(draw: Random, number: int, *, pop: bool = False) -> Letter:
    """One that is like others in most of what it has."""
    kind = draw.choices(("usual", "bare", "headers", "body", "commands", "large"), (12, 2, 1, 1, 2, 1))[0]
    if kind == "body" and not pop:
        octets = b"\r\n\r\nno header %d\r\n" % number
    elif kind == "headers" and not pop:  # without text and date, and rewritten, it is known by nothing
        octets = b"Subject: nothing %d\r\n\r\n" % number
    elif kind == "bare":
        octets = b"Subject: bare\r\n\r\n%d\r\n" % number
    else:
        fields = [
            b"X-Odd: %d" % draw.randrange(3),
            b"Date: Mon, 1 Jan 2024 00:00:%02d +0000" % draw.randrange(3),
            b"Subject: %b %d" % (draw.choice(_SUBJECTS), draw.randrange(4)),
        ]
        if draw.random() < 0.7:
            fields.append(b"Message-ID: <%d@soak.example>" % draw.choice((number, number, draw.randrange(5))))
        if draw.random() < 0.3:
            fields.insert(0, b"Received: from there by here; %d" % draw.randrange(2))
        draw.shuffle(fields)
        body = _COMMANDS if kind == "commands" else b"line\r\n" * 300 if kind == "large" else b""
        octets = b"\r\n".join(fields) + b"\r\n\r\n" + b"text %d\r\n" % draw.choice((number, draw.randrange(3))) + body
    if pop:
        return Letter(octets)
    if draw.random() < 0.05:
        octets = octets.replace(b"\r\n", b"\n")
    return Letter(octets, draw.choice(_FLAGS), draw.choice(_DATES))


def letters(draw: Random, most: int, *, pop: bool = False) -> tuple[Letter, ...]:
    """Some, with twins: equal ones, and some that differ in the flags or the last octets alone."""
    found = [letter(draw, number, pop=pop) for number in range(draw.randint(0, most))]
    for each in [*found]:
        if draw.random() < 0.12:
            twin = draw.choice(("equal", "flags", "body"))
            if twin == "flags" and not pop:
                found.append(Letter(each.octets, draw.choice(_FLAGS), each.date))
            elif twin == "body" and each.octets.endswith(b"\r\n"):
                found.append(Letter(each.octets[:-3] + b"=\r\n", each.flags, each.date))
            else:
                found.append(each)
    draw.shuffle(found)
    return tuple(found)


def mailbox(draw: Random, alike: tuple[str, ...] = (), *, pop: bool = False) -> tuple[Filled, ...]:
    """An INBOX and some folders. `alike`: names that may be among them."""
    inbox = Filled("INBOX", letters(draw, 14, pop=pop))
    if pop:
        return (inbox,)
    names = draw.sample(NAMES, draw.choice((0, 1, 1, 2, 3, 4)))
    if alike and draw.random() < 0.7:
        names = [*dict.fromkeys([*names, *alike])]
    return (inbox, *(Filled(name, letters(draw, 8), draw.random() < 0.8) for name in names))
