"""Random servers: what they are like for good, and what goes wrong for a while."""

from __future__ import annotations

from random import Random

from tests.servers.imap.server import MODERN, OLD
from tests.servers.mailbox import Mailbox
from tests.soak.mail import letters
from tests.soak.rewriting import REWRITES
from tests.soak.scenario import Change, Filled, Kill, Quirk, Side

_SPARED = {"IMAP4rev1", "AUTH=PLAIN", "AUTH=XOAUTH2"}
_ANY = "UID FETCH|UID FETCH|SELECT|EXAMINE|LIST|STATUS|APPEND|LOGIN|AUTHENTICATE|CREATE|UID SEARCH|LSUB|NAMESPACE|ID"
_ANY += "|NOOP|UID STORE|SUBSCRIBE|UNSELECT|COMPRESS"
_THROTTLED = (
    b"NO [LIMIT] too much, try again later",
    b"NO [THROTTLED] slow down",
    b"BAD Request is throttled. Suggested Backoff Time: 10 milliseconds",
)
BUSY = (
    b"NO [UNAVAILABLE] later",
    b"NO [INUSE] later",
    b"NO Server busy, try again later",
    b"NO System busy",
    b"NO Too many requests",
    *_THROTTLED,
)
_READ = (
    "CAPABILITY",
    "LOGIN|AUTHENTICATE",
    "NAMESPACE",
    'LIST "" "\\*"$',
    'LIST "" "[^*]',
    "LIST .*RETURN",
    "LSUB",
    "STATUS",
    "EXAMINE",
    "SELECT",
    "NOOP",
    "UID SEARCH",
    "SEARCH",
    "ID|COMPRESS|UNSELECT",
    "UID FETCH",
    r"UID FETCH \S+ \(UID (FLAGS|BODY.PEEK\[HEADER)",
)
_WRITTEN = ("APPEND", "CREATE", "CREATE .*USE", "SUBSCRIBE", "UID STORE")
POP_COMMANDS = ("CAPA", "USER|PASS|AUTH", "UTF8", "STAT", "LIST", "UIDL", "TOP", "RETR", "NOOP")
POP_BUSY = (b"-ERR [SYS/TEMP] later", b"-ERR [IN-USE] elsewhere", b"-ERR server busy, try again later")
ILL = (b"NO [SERVERBUG] internal error", b"NO System I/O error")
_VALIDITY = ("STATUS", "LIST", "APPEND")


def capabilities(draw: Random) -> str:
    """Of today, of long ago, or any mix."""
    if (kind := draw.random()) < 0.3:
        return MODERN
    if kind < 0.4:
        return OLD
    less = draw.choice((0.15, 0.5))
    return " ".join(each for each in MODERN.split() if each in _SPARED or draw.random() > less)


def _wire(name: str, side: Side | None = None) -> str:
    box = Mailbox(delimiter=side.delimiter if side else "/", prefix=side.prefix if side else "")
    return box.wire_name(name)


def source_of(draw: Random, box: tuple[Filled, ...]) -> Side:
    """What a source is like, for good."""
    offered = capabilities(draw)
    quirks: list[Quirk] = []
    names = [_wire(each.name) for each in box[1:]]
    subscribed = [_wire(each.name) for each in box[1:] if each.subscribed]
    octets = [each.octets for folder in box for each in folder.letters]
    some = tuple(draw.sample(octets, min(len(octets), draw.randint(1, 3))))
    folder = draw.choice(box)
    uid = draw.randint(1, max(1, len(folder.letters)))
    place = _wire(folder.name)
    for _ in range(draw.choice((0, 0, 1, 1, 1, 2))):
        match draw.randrange(14):
            case 0:
                offered = offered.replace("LIST-STATUS ", "")
                quirks.append(Quirk("no command", ("STATUS", draw.choice((b"BAD unknown command", b"NO not today")))))
            case 1:
                quirks.append(Quirk("no command", ("EXAMINE", b"BAD unknown command")))
            case 2 if names:
                hidden = tuple(draw.sample(names, draw.randint(1, len(names))))
                quirks.append(Quirk("short list", (hidden, "LIST.*RETURN")))
            case 3 if subscribed:
                hidden = tuple(draw.sample(subscribed, draw.randint(1, len(subscribed))))
                quirks.append(Quirk("short list", ((*hidden, *draw.choice(((), ("INBOX",)))), "LIST")))
            case 4 if some:
                quirks.append(Quirk("untold size", (some,)))
            case 5 if some:
                told = draw.choice((None, b'"yesterday"', b'"02-Jan-2024 10:00:00"', b"NIL"))
                quirks.append(Quirk("date", (some, told)))
            case 6:
                quirks.append(Quirk("items apart"))
            case 7:
                quirks.append(Quirk("bare names"))
            case 8:
                most = draw.randint(1, 6)
                offered += f" MESSAGELIMIT={most}"
                quirks.append(Quirk("limit", (most,)))
            case 9:
                quirks.append(Quirk("short answers", (draw.randint(1, 6),)))
            case 10:
                quirks.append(draw.choice((Quirk("unlisted", (place, (uid,))), Quirk("withheld", (place, (uid,))))))
            case 11:
                line = draw.choice((b"* FETCH ((((\r\n", b"", b"* %d FETCH (UID %d BODY[] NIL)\r\n" % (uid, uid)))
                quirks.append(
                    draw.choice((Quirk("garbage", (place, uid, line)), Quirk("deadly message", (place, uid))))
                )
            case 12:
                word = draw.choice(("UIDNEXT", "HIGHESTMODSEQ", "RFC822.SIZE", "UIDVALIDITY"))
                number = draw.choice((2**64 - 1, 2**32, 0))
                modseq = word == "HIGHESTMODSEQ" and number == 2**32
                quirks.append(Quirk("modseq", (number,)) if modseq else Quirk("huge number", (word, number)))
                if word == "UIDVALIDITY":
                    quirks.pop()
                    quirks.append(Quirk("two validities", (draw.choice(("STATUS", "LIST", "SELECT|EXAMINE")),)))
            case _:
                reply = draw.choice((b"NO no such message", b"NO [SERVERBUG] broken", b"NO [EXPUNGEISSUED] gone"))
                quirks.append(Quirk("bad message", (place, (uid,), reply[:-5] if b"GONE" in reply else reply)))
    if draw.random() < 0.06:
        quirks.append(Quirk("one at a time", (b"BAD not now",)))
    return Side(offered, tuple(quirks))


def target_of(draw: Random) -> Side:
    """What a destination is like, for good."""
    offered = capabilities(draw)
    quirks: list[Quirk] = []
    delimiter, prefix = draw.choice((("/", ""), ("/", ""), (".", ""), (".", "INBOX.")))
    for _ in range(draw.choice((0, 0, 1, 1, 1, 2))):
        match draw.randrange(10):
            case 0 | 1:
                quirks.append(Quirk("rewrites", (draw.choice([*REWRITES]),)))
            case 2:
                quirks.append(Quirk("own dates", ("01-Jan-2020 00:00:00 +0000",)))
            case 3 if delimiter == "/":
                arguments = draw.choice(
                    (("NFC", False, False, None), (None, True, False, None), (None, False, False, 30))
                )
                quirks.append(Quirk("names", arguments))
            case 4:
                quirks.append(Quirk("sign", (draw.choice((r"\[", r"\(", *([r"\."] if delimiter == "/" else []))),)))
            case 5:
                quirks.append(Quirk("bad keyword", (draw.choice((r"\$Forwarded", r"\$Label1", "Work")),)))
            case 6:
                quirks.append(Quirk("few flags"))
            case 7:
                quirks.append(draw.choice((Quirk("wrong uids"), Quirk("no uidnext"))))
            case 8:
                quirks.append(Quirk("short list", (("Archive", "Sent"), "LIST")))
            case 9:
                quirks.append(Quirk("refuses", (b"bare", draw.choice((b"NO [CANNOT] not this one", b"NO policy")))))
    if draw.random() < 0.05:
        quirks.append(Quirk("one at a time", (b"BAD not now",)))
    kinds = {quirk.name: quirk for quirk in quirks}
    return Side(offered, tuple(kinds.values()), delimiter, prefix)


# Trouble that passes


def kills_of(draw: Random) -> tuple[Kill, ...]:
    return tuple(
        Kill(draw.random() < 0.75, draw.choice((draw.randrange(1, 400), draw.randrange(400, 6000))))
        for _ in range(draw.choice((0, 0, 1, 1, 2)))
    )


def cuts_of(draw: Random, total: int) -> tuple[Quirk, ...]:
    nth = draw.randint(1, max(1, total))
    return (
        draw.choice(
            (
                Quirk("cut command", ("APPEND", nth, draw.choice((1, 1, 2)))),
                Quirk("cut reply", ("APPEND", nth, draw.choice((None, None, 3)))),
                Quirk("cut literal", (nth, draw.choice((0, 10, 40)))),
                Quirk("cut command", (_ANY, nth, draw.choice((1, 1, 2)))),
            )
        ),
    )


def _refusals(draw: Random, pattern: str, nth: int) -> Quirk:
    if draw.random() < 0.5:  # of a message, what names no limit may be its own fault
        replies = _THROTTLED if "FETCH" in pattern else BUSY
        return Quirk("busy", (pattern, nth, draw.randint(1, 3), draw.choice(replies)))
    name = "ill" if pattern == "APPEND" or "FETCH" in pattern else "no folders"
    return Quirk(name, (pattern, nth, draw.randint(1, 6), draw.choice(ILL)))


def later(draw: Random, commands: tuple[str, ...]) -> Quirk:
    """One of these commands is refused for now, or ends the connection so, a few times."""
    pattern, nth = draw.choice(commands), draw.choice((1, 1, 1, 2, 3, 5))
    if draw.random() < 0.2:
        words = draw.choice((b"* BYE [UNAVAILABLE] later\r\n", b"* BYE server shutting down\r\n"))
        return Quirk("goodbye", (pattern, nth, draw.choice((1, 1, 2)), words))
    return _refusals(draw, pattern, nth)


def source_trouble(draw: Random, box: tuple[Filled, ...]) -> tuple[Quirk, ...]:
    quirks: list[Quirk] = []
    folder = draw.choice(box)
    for _ in range(draw.choice((0, 0, 0, 1, 1, 2))):
        nth = draw.randint(1, 12)
        match draw.randrange(12):
            case 9 | 10 | 11:
                quirks.append(later(draw, _READ))
            case 0 | 1:
                quirks.append(
                    Quirk("cut command", (draw.choice(_ANY.split("|")), draw.randint(1, 5), draw.choice((1, 1, 2))))
                )
            case 2 | 3:
                quirks.append(Quirk("cut reply", ("UID FETCH", nth, draw.choice((None, 0, 15, 60, 200)))))
            case 4:
                quirks.append(Quirk("throttle", (draw.choice((400, 3000)), draw.randint(1, 3))))
            case 5:
                pattern = draw.choice((r"UID FETCH \S+ \(UID BODY", "UID FETCH", "STATUS", "EXAMINE", "LIST"))
                quirks.append(_refusals(draw, pattern, draw.randint(1, 4)))
            case 6:
                quirks.append(Quirk("renumbered", ("EXAMINE|SELECT", draw.randint(1, 4), _wire(folder.name))))
            case 7:
                quirks.append(Quirk("mail comes", (draw.choice(("EXAMINE", "UID FETCH", "LIST")), draw.randint(1, 5))))
            case 8:
                place = _wire(folder.name), draw.randrange(20)
                quirks.append(Quirk("mail goes", ("UID FETCH", draw.randint(1, 4), *place)))
    return tuple(quirks)


def target_trouble(draw: Random, box: tuple[Filled, ...]) -> tuple[Quirk, ...]:
    total = sum(len(each.letters) for each in box)
    quirks: list[Quirk] = []
    for _ in range(draw.choice((0, 0, 1, 1, 1, 2))):
        nth = draw.randint(1, max(1, total))
        match draw.randrange(13):
            case 10 | 11 | 12:
                quirks.append(later(draw, (*_READ, *_WRITTEN)))
            case 0 | 1 | 2:
                quirks += cuts_of(draw, total)
            case 3:
                quirks.append(Quirk("strike", (nth,)))
            case 4:
                quirks.append(Quirk("throttle", (draw.choice((400, 3000)), draw.randint(1, 3))))
            case 5 | 6:
                quirks.append(_refusals(draw, draw.choice(("APPEND", "APPEND", "APPEND", "CREATE", "SELECT")), nth))
            case 7:
                quirks.append(Quirk("poison", (nth,)))
            case 8:
                quirks.append(Quirk("mail comes", (nth,)))
            case 9:
                quirks.append(
                    draw.choice((Quirk("quota", (nth,)), Quirk("renumbered", ("SELECT|APPEND", nth, "INBOX"))))
                )
    # Of several cuts one after the other a message may be given up that is always first.
    cuts = [quirk for quirk in quirks if quirk.name.startswith("cut")]
    return tuple(quirk for quirk in quirks if quirk not in cuts[1:])


def changes_of(draw: Random, box: tuple[Filled, ...]) -> list[Change]:
    """What happens to a mailbox between two runs."""
    found = []
    for _ in range(draw.randint(1, 3)):
        folder, number = draw.choice(box).name, draw.randrange(20)
        match draw.randrange(7):
            case 0 | 1:
                new = letters(draw, 5)
                found.append(Change("letters", (0, folder, *((each.octets, each.flags, each.date) for each in new))))
            case 2:
                found.append(Change("flags", (0, folder, number, draw.choice(("", "\\Seen", "\\Flagged $Label1")))))
            case 3:
                found.append(Change("delete", (0, folder, number)))
            case 4:
                found.append(Change("renumber source", (0, folder)))
            case 5:
                found.append(Change("rename", (0, folder, draw.choice(("Old", "Archive/old", folder + " new")))))
            case 6:
                found.append(draw.choice((Change("stranger"), Change("renumber destination", (number,)))))
    return found
