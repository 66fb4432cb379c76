"""Mailboxes of Exchange that are moved into memory, where what has arrived is compared with what the server holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.doubles.moving import QUICK
from tests.doubles.places import PLACES, Place
from tests.engine.support import Ended, migrate, run_here, write_plan
from tests.servers.certificates import Certificates
from tests.servers.exchange.items import REPLIED, ExchangeItem
from tests.servers.exchange.mailbox import ExchangeFolder, ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.mailbox import Mailbox
from tests.servers.maildir import INBOX, MailItem, crlf
from tui_migrate.timing import Timing


def mail(number: int, body: str = "Text") -> bytes:
    """A message that no other one equals."""
    return f"Subject: number {number}\r\nMessage-ID: <{number}@old.example>\r\n\r\n{body} {number}\r\n".encode()


def flags(item: ExchangeItem) -> frozenset[str]:
    """What IMAP knows of an item."""
    found = {"\\Seen"} if item.read else set()
    found |= {"\\Flagged"} if item.flag == "Flagged" else set()
    found |= {"\\Draft"} if item.draft else set()
    found |= {102: {"\\Answered"}, 103: {"\\Answered"}, 104: {"$Forwarded"}}.get(item.verb or 0, set())
    return frozenset(found | {each.replace(" ", "_") for each in item.categories})


def fill(mailbox: ExchangeMailbox, items: Iterable[MailItem]) -> None:
    """Put mail into a mailbox, as far as Exchange can tell of it."""
    made = {INBOX: mailbox.add_folder("Inbox", "inbox"), "": mailbox.top}

    def folder(name: str) -> ExchangeFolder:
        if name not in made:
            above, _, last = name.rpartition("/")
            made[name] = mailbox.add_folder(last, parent=folder(above))
        return made[name]

    for each in items:
        folder(each.folder).add(
            crlf(each.content),
            received=datetime.fromtimestamp(each.instant, UTC),
            read="\\Seen" in each.flags,
            flag="Flagged" if "\\Flagged" in each.flags else "NotFlagged",
            draft="\\Draft" in each.flags,
            verb=REPLIED if "\\Answered" in each.flags else None,
            categories=sorted(flag for flag in each.flags if flag.isalpha()),
        )


def source_keys(server: ExchangeDouble, certificates: Certificates) -> Mapping[str, object]:
    """The double as a plan file describes it."""
    ca_file = str(certificates.ca_file)
    return {"protocol": "ews", "host": server.host, "port": server.port, "ca_file": ca_file}


class ExchangeMove:
    """The mailboxes of a double, and an empty one in `/new` for each."""

    def __init__(self, folder: Path, server: ExchangeDouble, certificates: Certificates, **keys: object) -> None:
        """`keys` are further ones of the source's table."""
        self.server = server
        self.mailboxes = [*server.directory.mailboxes.values()]
        PLACES["/new"] = Place(*(Mailbox(each.user) for each in self.mailboxes))
        self.folder = folder
        self.data = folder / "data"
        self.source = {**source_keys(server, certificates), **keys}
        rows = [{"Source": each.user, "Destination": each.user} for each in self.mailboxes]
        if "oauth" not in keys:
            for row, each in zip(rows, self.mailboxes, strict=True):
                row["Password"] = each.password
        self.plan = write_plan(folder, self.source, {"protocol": "memory", "path": "/new"}, rows)

    @property
    def new(self) -> Place:
        """The destination."""
        return PLACES["/new"]

    def run(self, timing: Timing = QUICK) -> Ended:
        """`tui-migrate run`."""
        return migrate(self.plan, self.data, timing)

    def cli(self, *arguments: str | Path) -> str:
        """What `tui-migrate ARGUMENTS` prints, behind its exit code."""
        done = run_here(*arguments, "--data-dir", self.data)
        return f"{done.returncode} {done.stdout}{done.stderr}"

    def assert_exact(self, left_out: Iterable[ExchangeFolder] = ()) -> None:
        """All mail is there once, in its folder, with its octets, flags and date."""
        for mailbox in self.mailboxes:
            there = self.new.mailboxes[mailbox.user].contents()
            mine = wanted(mailbox, left_out)
            assert [*(mine - there).elements()][:3] == [], "lost"
            assert [*(there - mine).elements()][:3] == [], "too much"


def wanted(mailbox: ExchangeMailbox, left_out: Iterable[ExchangeFolder] = ()) -> Counter[MailItem]:
    """What the destination is to hold of a mailbox."""
    found: Counter[MailItem] = Counter()
    for folder in mailbox.folders:
        if folder.is_search or folder.hidden or folder in left_out:
            continue
        for item in folder.items.values():
            if item.element in ("CalendarItem", "Contact", "Task", "DistributionList") or item.mime_error:
                continue
            instant = int(item.received.astimezone(UTC).timestamp())
            found[MailItem(path(folder), item.octets, flags(item), instant)] += 1
    return found


def path(folder: ExchangeFolder) -> str:
    """Where it goes: what a name may not hold there becomes `_`."""
    if folder.role == "inbox":
        return "INBOX"
    name = folder.name.replace("/", "_")
    above = folder.parent
    return name if above is None or above.role == "msgfolderroot" else f"{path(above)}/{name}"
