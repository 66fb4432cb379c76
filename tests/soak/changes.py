"""What happens between two runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.mailbox import Folder, Mailbox
from tests.soak.ledger import Ledger
from tests.soak.scenario import Change, Letter

_OTHER_DATE = "03-Feb-2024 10:00:00 +0100"


@dataclass
class Ground:
    """What a scenario is played on."""

    ledger: Ledger
    data: Path
    backup: Path
    replaced: bool = False
    """True: a destination folder was emptied and numbered anew. It is not filled again without the admin's word."""
    renumbered: set[str] = field(default_factory=set)
    """Destination folders that were numbered anew before this phase."""
    flags_changed: bool = False
    """True: flags were changed at the source. An older store, or none, does not know of it, and takes what it finds at
    the destination as it lies there."""
    strangers: int = 0

    def lacks_too_many(self, name: str) -> bool:
        """So many of the messages of a destination folder were deleted that it may be another one."""
        deleted = self.ledger.waived[name].total()
        return deleted > 0.05 * (deleted + len(self.ledger.copies(self.ledger.destination.folders[name])))

    def stranger(self) -> None:
        """The user receives a mail at the destination that is easily taken for one of the source's: it has all of its
        header but the minute in which it was written, and not its date of arrival: what has the same Message-ID and
        date is taken for a message that was rewritten."""
        inbox = self.ledger.destination.folder("INBOX")
        self.strangers += 1
        likeness = next((each.octets for each in inbox.messages), b"Subject: x\r\n\r\n")
        header = likeness.partition(b"\r\n\r\n")[0].replace(b"00:00:", b"00:01:")
        octets = header + b"\r\n\r\nof somebody else %d\r\n" % self.strangers
        self.ledger.strangers.append(inbox.add(octets, date=_OTHER_DATE))


def _folder(mailbox: Mailbox, name: str) -> Folder | None:
    return mailbox.find(mailbox.wire_name(name))


def _letters(ground: Ground, box: int, name: str, *letters: tuple[bytes, str, str]) -> None:
    mailbox = ground.ledger.sources[box % len(ground.ledger.sources)]
    folder = _folder(mailbox, name) or mailbox.add_folder(name)
    for letter in letters:
        made = Letter(*letter)
        folder.add(made.octets, made.flags.split(), made.date)


def _flags(ground: Ground, box: int, name: str, number: int, flags: str) -> None:
    folder = _folder(ground.ledger.sources[box % len(ground.ledger.sources)], name)
    if folder is not None and folder.messages:
        folder.change_flags(folder.messages[number % len(folder.messages)], flags.split())


def _delete(ground: Ground, box: int, name: str, number: int) -> None:
    folder = _folder(ground.ledger.sources[box % len(ground.ledger.sources)], name)
    if folder is not None and folder.messages:
        folder.remove(folder.messages[number % len(folder.messages)].uid)


def _renumber(ground: Ground, box: int, name: str) -> None:
    folder = _folder(ground.ledger.sources[box % len(ground.ledger.sources)], name)
    if folder is not None:
        folder.renumber()


def _rename(ground: Ground, box: int, name: str, new: str) -> None:
    mailbox = ground.ledger.sources[box % len(ground.ledger.sources)]
    folder = _folder(mailbox, name)
    if folder is not None and folder.name != "INBOX" and _folder(mailbox, new) is None:
        del mailbox.folders[folder.name]
        mailbox.subscriptions.discard(folder.name)
        folder.name = mailbox.wire_name(new)
        mailbox.folders[folder.name] = folder
        mailbox.subscriptions.add(folder.name)


def _renumber_destination(ground: Ground, number: int) -> None:
    folders = [*ground.ledger.destination.folders.values()]
    folders[number % len(folders)].renumber()
    ground.renumbered.add(folders[number % len(folders)].name)


def _user_deletes(ground: Ground, number: int) -> None:
    copies = [
        (folder, message)
        for folder in ground.ledger.destination.folders.values()
        for message in ground.ledger.copies(folder)
    ]
    if copies:
        folder, message = copies[number % len(copies)]
        folder.remove(message.uid)
        ground.ledger.waived[folder.name][message.octets] += 1


def _replace(ground: Ground, number: int) -> None:
    folders = [folder for folder in ground.ledger.destination.folders.values() if len(ground.ledger.copies(folder)) > 1]
    if folders:
        folder = folders[number % len(folders)]
        copies = ground.ledger.copies(folder)
        folder.remove(*(message.uid for message in copies[1:]))
        folder.renumber()
        ground.ledger.waived[folder.name].update(message.octets for message in copies[1:])
        ground.replaced = True


def _forget(ground: Ground) -> None:
    shutil.rmtree(ground.data, ignore_errors=True)


def _restore(ground: Ground) -> None:
    if ground.backup.exists():
        shutil.rmtree(ground.data, ignore_errors=True)
        shutil.copytree(ground.backup, ground.data)


CHANGES: Mapping[str, Callable[..., None]] = {
    "letters": _letters,
    "flags": _flags,
    "delete": _delete,
    "renumber source": _renumber,
    "rename": _rename,
    "renumber destination": _renumber_destination,
    "stranger": Ground.stranger,
    "user deletes": _user_deletes,
    "replace": _replace,
    "forget": _forget,
    "restore": _restore,
}


def happen(change: Change, ground: Ground) -> None:
    """Let it happen."""
    CHANGES[change.name](ground, *change.arguments)
    ground.flags_changed |= change.name == "flags"
    ground.replaced |= any(map(ground.lacks_too_many, ground.renumbered))
