"""Scenarios that the soak has found faults with, shrunk: they stay."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.servers.imap.server import MODERN
from tests.servers.mailbox import DATE
from tests.soak.__main__ import play
from tests.soak.mail import ALIKE
from tests.soak.scenario import Change, Filled, Letter, Phase, Quirk, Scenario, Side
from tests.soak.switched_off import NAMES


def inbox(number: int) -> Filled:
    """So many messages."""
    return Filled("INBOX", tuple(Letter(b"Subject: %d\r\n\r\ntext\r\n" % each) for each in range(number)))


def letter(subject: str, second: str) -> Letter:
    """One of several with the same Message-ID and the same text."""
    date = f"Date: Mon, 1 Jan 2024 00:00:{second} +0000"
    return Letter(f"Subject: {subject}\r\n{date}\r\nMessage-ID: <2@soak.example>\r\n\r\ntext 2\r\n".encode())


FOUND = {
    "a message that was refused before the connection ended has failed once": Scenario(
        seed=186,
        boxes=((inbox(4),),),
        source=Side(quirks=(Quirk("bad message", ("INBOX", (2,), b"NO [SERVERBUG] broken")),)),
        phases=(Phase(source=(Quirk("cut reply", ("UID FETCH", 8, 0)),)),),
    ),
    "two folders that are one to the destination, also with a number behind the name": Scenario(
        seed=488,
        boxes=((inbox(0), *(Filled(name, inbox(2).letters) for name in ALIKE[2])),),
        destination=Side(quirks=(Quirk("names", (None, False, False, 30)),)),
    ),
    "a folder that was made with a number behind its name, and folders that are not opened after that": Scenario(
        seed=2469,
        boxes=((Filled("Caf\u00e9"), Filled("Cafe\u0301")),),
        destination=Side(MODERN, quirks=(Quirk("names", ("NFC", False, False, None)),)),
        phases=(
            Phase(
                destination=(
                    Quirk("no folders", ("SELECT", 10, 4, b"NO [SERVERBUG] internal error")),
                    Quirk("cut command", ("SELECT", 9, 1)),
                )
            ),
        ),
    ),
    "mail in doubt of a folder that is walked over once more, because its parts were not listed in full": Scenario(
        seed=3472,
        boxes=((inbox(8),),),
        source=Side(MODERN + " MESSAGELIMIT=1", (Quirk("limit", (1,)),)),
        phases=(Phase(destination=(Quirk("cut literal", (3, 10)),)),),
        portion=2,
    ),
    "a message that is neither listed nor handed out, and which only a search finds": Scenario(
        seed=335370,
        boxes=((inbox(4),),),
        source=Side(MODERN, (Quirk("withheld", ("INBOX", (3,))), Quirk("unlisted", ("INBOX", (3,))))),
    ),
    "mail that goes while short answers are asked for again is not missing": Scenario(
        seed=20731,
        boxes=((inbox(5), Filled("(x)", inbox(1).letters)),),
        source=Side(MODERN, (Quirk("short answers", (2,)),)),
        phases=(Phase(source=(Quirk("mail goes", ("UID FETCH", 2, "INBOX", 4)),)),),
    ),
    "a folder with new numbers, of which neither headers nor dates were kept": Scenario(
        seed=21269,
        boxes=(
            (
                Filled("a"),
                Filled("~home", (Letter(b"X-Odd: 0\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\ntext\r\n"),)),
            ),
        ),
        destination=Side(MODERN, (Quirk("rewrites", ("drop",)), Quirk("own dates", ("01-Jan-2020 00:00:00 +0000",)))),
        phases=(Phase(), Phase(before=(Change("renumber destination", (2,)),))),
    ),
    "mail that is there already, and of which the source tells neither size nor date": Scenario(
        seed=30966,
        boxes=((inbox(4),),),
        there=(inbox(4),),
        source=Side(
            MODERN,
            (
                Quirk("date", ((inbox(4).letters[2].octets,), None)),
                Quirk("untold size", ((inbox(4).letters[2].octets,),)),
            ),
        ),
    ),
    "a size that no message has leaves nothing out": Scenario(
        seed=31289,
        boxes=((inbox(3),),),
        source=Side(MODERN, (Quirk("huge number", ("RFC822.SIZE", 2**32)),)),
        phases=(Phase(largest=1000),),
    ),
    "a folder with new numbers, which are not told before it is read": Scenario(
        seed=32136,
        boxes=((inbox(3), Filled("a"), Filled("b")),),
        source=Side(
            "IMAP4rev1 AUTH=PLAIN SASL-IR LIST-EXTENDED UNSELECT CONDSTORE ESEARCH",
            (Quirk("no command", ("STATUS", b"NO not today")),),
        ),
        phases=(
            Phase(),
            Phase(
                before=(Change("renumber source", (0, "INBOX")),),
                source=(Quirk("busy", ("EXAMINE", 1, 3, b"NO [INUSE] later")),),
            ),
        ),
    ),
    "a mail that has Message-ID and text of another one, which was deleted at a source with new numbers": Scenario(
        seed=33237,
        boxes=(
            (Filled("INBOX", (letter("Gr\u00fc\u00dfe", "01"), letter("plain 3", "02"), letter("plain 4", "03"))),),
        ),
        destination=Side(MODERN, (Quirk("rewrites", ("encode",)),)),
        phases=(
            Phase(),
            Phase(
                before=(
                    Change("letters", (0, "INBOX", (letter("plain 2", "00").octets, "", DATE))),
                    Change("renumber source", (0, "INBOX")),
                    Change("delete", (0, "INBOX", 1)),
                )
            ),
        ),
    ),
    "a limit of messages and one that comes meanwhile": Scenario(
        seed=299,
        boxes=((inbox(6),),),
        source=Side("IMAP4rev1 MESSAGELIMIT=1", (Quirk("limit", (1,)),)),
        phases=(Phase(source=(Quirk("mail comes", ("UID FETCH", 4)),)),),
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_mended(name: str) -> None:
    assert play(FOUND[name]) == []


def test_modern_servers_have_no_findings() -> None:
    """Nothing but mail: whatever is found here is the soak's own fault."""
    assert play(Scenario(seed=0, boxes=((inbox(3), Filled("Sent")),), source=Side(MODERN))) == []


def test_what_can_be_switched_off_is_still_there() -> None:
    """In a process of its own: each name that is replaced is one of the program's."""
    code = "import sys; from tests.soak.switched_off import switch_off; [switch_off(name) for name in sys.argv[1:]]"
    assert subprocess.run([sys.executable, "-c", code, *NAMES], check=False).returncode == 0
