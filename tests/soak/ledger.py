"""What lies at both ends, and what has ever lain there: kept beside the servers, by nobody but the soak."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.servers.mailbox import Folder, Mailbox, StoredMessage
from tests.soak.rewriting import rewritten
from tests.soak.scenario import Filled

Place = tuple[str, str]
"""User and folder of the source, as on the wire."""


def fill(mailbox: Mailbox, folders: Iterable[Filled], rewrite: str = "") -> None:
    """Store these."""
    for each in folders:
        folder = mailbox.find(mailbox.wire_name(each.name)) or mailbox.add_folder(each.name, subscribed=each.subscribed)
        for letter in each.letters:
            folder.add(rewritten(letter.octets, rewrite), letter.flags.split(), letter.date)


@dataclass
class Ledger:
    """Of one scenario. Messages are told apart as objects, so that neither UIDs nor equal octets mislead it."""

    sources: Sequence[Mailbox]
    destination: Mailbox
    rewrite: str = ""
    """What the destination makes of headers, by its name."""
    ever: dict[Place, list[StoredMessage]] = field(default_factory=dict)
    """All that has lain in a source folder."""
    numbers: dict[Place, dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))
    """Octets by the UIDs that messages have had."""
    new: set[int] = field(default_factory=set)
    """Ids of what came while a run was under way: it need not have seen it."""
    strangers: list[StoredMessage] = field(default_factory=list)
    """What the user received at the destination."""
    waived: dict[str, Counter[bytes]] = field(default_factory=lambda: defaultdict(Counter))
    """What the user has deleted at the destination, by folder: it is not to come back."""
    named: set[str] = field(default_factory=set)
    """Folders at the destination that somebody asked for, by their names on the wire."""

    def note(self, *, running: bool = False) -> None:
        """Enter what is at the source and was not before. `running`: it came in the middle of a run."""
        for mailbox in self.sources:
            for name, folder in mailbox.folders.items():
                seen = self.ever.setdefault((mailbox.user, name), [])
                known = set(map(id, seen))
                fresh = [message for message in folder.messages if id(message) not in known]
                seen += fresh
                self.numbers[mailbox.user, name] |= {message.uid: message.octets for message in folder.messages}
                if running:
                    self.new |= set(map(id, fresh))

    def source(self, place: Place) -> Folder | None:
        """A source folder as it is now."""
        (mailbox,) = [each for each in self.sources if each.user == place[0]]
        return mailbox.folders.get(place[1])

    def present(self, place: Place, largest: int = 0) -> list[StoredMessage]:
        """What a run must have brought of it."""
        folder = self.source(place)
        return [
            message
            for message in (folder.messages if folder else [])
            if id(message) not in self.new and not (largest and len(message.octets) > largest)
        ]

    def wanted(self, places: Iterable[Place], largest: int = 0) -> Counter[bytes]:
        """What must be in the destination folder of these."""
        octets = (message.octets for place in places for message in self.present(place, largest))
        return Counter(rewritten(each, self.rewrite) for each in octets)

    def allowed(self, places: Iterable[Place]) -> Counter[bytes]:
        """What may be in it."""
        octets = (message.octets for place in places for message in self.ever.get(place, ()))
        return Counter(rewritten(each, self.rewrite) for each in octets)

    def copies(self, folder: Folder) -> list[StoredMessage]:
        """What is in a destination folder but for the user's own."""
        strangers = set(map(id, self.strangers))
        return [message for message in folder.messages if id(message) not in strangers]

    def size(self) -> int:
        """Messages at the destination."""
        return sum(len(folder.messages) for folder in self.destination.folders.values())

    def listed(self, user: str) -> int:
        """Messages at the source."""
        (mailbox,) = [each for each in self.sources if each.user == user]
        return sum(len(folder.messages) for folder in mailbox.folders.values() if folder.can_be_opened)
