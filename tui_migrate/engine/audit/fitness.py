"""What stands in an account's way before it starts, judged item by item from what the servers say. Reads only.

A failed item holds the account back: a login that was refused, or a quota that all mail does not fit in. What concerns
single messages or folders warns: they would fail one by one, visibly, and the rest is copied. What a server does not
tell is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from tui_migrate.engine.choosing.mapping import FolderPlan, Mapped
from tui_migrate.errors import CommandRefused, LoginRefused, MailboxInUse, MailError, NotOpened, Outlook, WouldNotFit
from tui_migrate.mail.census import Census
from tui_migrate.mail.protocols import (
    Capacity,
    Excluded,
    FolderRefused,
    Incomplete,
    Listed,
    ListedFolder,
    Listing,
    MailSource,
    Tree,
)
from tui_migrate.model import CheckItem, CheckResult, Load, Verdict
from tui_migrate.model.figures import size

_NAMED = 5
"""Folders that a sentence names."""
_LARGE_ADVICE = (
    "Nothing is held back: these messages will be refused one by one and listed as failures, the rest is copied. Raise "
    "the limit of the destination, or leave them out (max_message_size)."
)
_NAME_ADVICE = "Nothing is held back. Choose other places for them under folders (m), if you like."
_LISTING_ADVICE = (
    "Nothing is held back, but what the source does not list may stay behind: tell those who run it, and verify (V) "
    "when all is copied."
)

Tell = Callable[[str, int], None]
"""Given the folder that is being read and how many more messages of it have been: may raise to end the walk."""


def login(item: CheckItem, error: MailError | None) -> CheckResult:
    """What a tried login comes to. One that the server has refused fails; one that could not be tried is unknown."""
    if error is None or isinstance(error, MailboxInUse):  # only whose login is right is told so
        return CheckResult(item, Verdict.PASSED, "Accepted.")
    verdict = Verdict.FAILED if isinstance(error, (LoginRefused, NotOpened)) else Verdict.UNKNOWN
    return CheckResult(item, verdict, error.sentence, error.server_words, error.advise(Outlook.SEEN), error.kind)


def unknown(item: CheckItem, why: str) -> CheckResult:
    """The result of an item that could not be looked at."""
    return CheckResult(item, Verdict.UNKNOWN, why)


# Counting


@dataclass(slots=True)
class Counted:
    """What lies in the folders of a plan."""

    load: Load = field(default_factory=Load)
    too_large: int = 0
    """Missing messages above the destination's limit."""
    unread: dict[str, MailError] = field(default_factory=dict)
    """Folders that could not be counted, or not in full."""
    sizeless: int = 0
    """Messages whose size the source does not tell: they need room too."""
    by_folder: dict[bytes, int] = field(default_factory=dict)
    """Messages that were counted, without regard to what is wanted of them."""
    excluded: Counter[str] = field(default_factory=Counter)
    """Items that are no mail, by the reason."""

    @property
    def in_full(self) -> bool:
        """True when every message was counted, with its size."""
        return not self.unread and not self.sizeless

    def add(self, messages: int, octets: int, missing_messages: int, missing_octets: int) -> None:
        """Add messages that were counted, and those of them that are missing at the destination, with their octets."""
        load = self.load
        self.load = Load(
            load.messages + messages,
            load.octets + octets,
            load.missing_messages + missing_messages,
            load.missing_octets + missing_octets,
        )


class KnownMessages(Protocol):
    """Which messages of an account need no copying."""

    @property
    def all_wanted(self) -> bool:
        """True when none has arrived yet and none is left out."""

    def arrived(self, folder: ListedFolder, uidvalidity: int) -> Set[int]:
        """UIDs of a folder's messages that are at the destination."""

    def left_out(self, folder: ListedFolder, listed: Listed, uidvalidity: int) -> bool:
        """True when the admin does not want this message."""


def count(source: MailSource, plan: FolderPlan, known: KnownMessages, *, largest: int | None, tell: Tell) -> Counted:
    """Messages and bytes of the folders of a plan: by the server's own sums where it has some and all messages are
    wanted, whatever their size (`largest`: of the destination, in octets), else by listing all messages.

    Raises MailError when the connection is of no more use, and whatever `tell` raises.
    """
    found = Counted()
    folders = [mapped.source for mapped in plan.folders]
    sizes = source.sizes([folder.name for folder in folders]) if known.all_wanted and largest is None else {}
    for folder in folders:
        if folder.name in sizes and folder.status is not None:
            messages, octets = folder.status.messages, sizes[folder.name]
            found.add(messages, octets, messages, octets)
            found.by_folder[folder.name] = messages
    rest = {folder.name: folder for folder in folders if folder.name not in sizes or folder.status is None}

    def take(listing: Listing) -> Sequence[Listed]:
        folder = rest[listing.folder]
        arrived = known.arrived(folder, listing.uidvalidity)
        wanted = [each for each in listing.messages if not known.left_out(folder, each, listing.uidvalidity)]
        missing = [each for each in wanted if each.uid not in arrived]
        found.add(len(wanted), sum(map(_octets, wanted)), len(missing), sum(map(_octets, missing)))
        found.sizeless += sum(not _octets(each) for each in missing)
        found.too_large += sum(_octets(each) > largest for each in missing) if largest is not None else 0
        found.by_folder[folder.name] = found.by_folder.get(folder.name, 0) + len(listing.messages)
        tell(folder.display, len(listing.messages))
        return ()

    for step in source.read(rest.values(), take):
        if isinstance(step, FolderRefused | Incomplete):
            found.unread[rest[step.folder].display] = step.error
        elif isinstance(step, Excluded):
            found.excluded[step.reason] += step.messages
    return found


def count_again(census: Census, plan: FolderPlan, found: Counted) -> None:
    """Compare what was counted with every command that tells a number: a folder with more messages than were listed was
    not counted in full. Raises MailError when the connection is of no more use."""
    folders = {mapped.source.name: mapped.source.display for mapped in plan.folders}
    for name, told in census.count(list(folders)).items():
        listed = found.by_folder.get(name)
        if isinstance(told, MailError) or listed is None or folders[name] in found.unread:
            continue
        most = max(told.numbers.values(), default=0)
        if most > listed:
            words = ", ".join(f"{way} {number}" for way, number in told.numbers.items())
            sentence = f"{most:,} messages are said to be there, {listed:,} are listed."
            found.unread[folders[name]] = CommandRefused(sentence, server_words=words)


def _octets(listed: Listed) -> int:
    """The size of a message; 0: the source does not tell."""
    return max(0, listed.size or 0)


# Judging


def quota(counted: Counted, capacity: Capacity) -> CheckResult:
    """Whether what is missing fits. What could not be counted needs room too: then only a failure is certain."""
    item, need = CheckItem.QUOTA, counted.load.missing_octets
    if capacity.free is None:
        refusal = f"The server names no limit: {capacity.words}" if capacity.words else ""
        return unknown(item, refusal or "The destination does not tell its quota.")
    numbers = f"{size(need)} to copy, {size(capacity.free)} free"
    if need > capacity.free:
        advice = WouldNotFit.advice
        return CheckResult(item, Verdict.FAILED, f"Does not fit: {numbers}.", capacity.words, advice)
    if not counted.in_full:
        return CheckResult(item, Verdict.UNKNOWN, f"Not all could be counted: at least {numbers}.", capacity.words)
    return CheckResult(item, Verdict.PASSED, f"Fits: {numbers}.", capacity.words)


def message_size(counted: Counted, largest: int | None) -> CheckResult:
    """How many messages are larger than the destination takes."""
    item = CheckItem.MESSAGE_SIZE
    if largest is None:
        return unknown(item, "The destination names no limit for a message.")
    if counted.too_large:
        noun = "message is" if counted.too_large == 1 else "messages are"
        sentence = f"{counted.too_large:,} {noun} larger than the {size(largest)} that the destination takes."
        return CheckResult(item, Verdict.WARNED, sentence, f"APPENDLIMIT {largest}", _LARGE_ADVICE)
    if counted.unread:
        return unknown(item, "Not all messages could be listed.")
    if counted.sizeless:
        noun = "message is" if counted.sizeless == 1 else "messages are"
        return unknown(item, f"The source does not tell how large {counted.sizeless:,} {noun}.")
    return CheckResult(item, Verdict.PASSED, f"No message is larger than {size(largest)}.")


def contents(counted: Counted, remarks: Iterable[tuple[str, str]]) -> Iterator[CheckResult]:
    """What is no mail and stays behind, and what the source remarks: labels, and texts that several may share."""
    said = []
    if counted.excluded:
        behind = ", ".join(f"{reason} ({number:,})" for reason, number in counted.excluded.most_common())
        said.append(f"Stays behind: {behind}.")
    labels: dict[str, list[str]] = {}
    for label, text in remarks:
        labels.setdefault(text, []).append(label)
    said += [f"{_some(of)}: {text.rstrip('.')}." for text, of in labels.items()]
    if said:
        yield CheckResult(CheckItem.CONTENTS, Verdict.WARNED, " ".join(said))


def folders(
    plan: FolderPlan, there: Tree, counted: Counted, found_by: Mapping[bytes, str], doubts: Sequence[MailError]
) -> tuple[CheckResult, int]:
    """Folders that do not get their own names, or may not get through; and how many these are. `found_by`: the commands
    that show a source folder which the listing that copying goes by does not; `doubts`: of that listing."""
    taken = [each for each in plan.folders if each.target.collides]
    twins = [each for each in _twins(plan, there) if not each.target.collides]
    spelled = [each for each in plan.folders if _respelled(each) and each not in taken and each not in twins]
    unlisted = [each for each in plan.folders if each.source.name in found_by]
    said = [
        *(
            _list(
                f"not in the source's own listing, but shown by {ways}",
                [each.source.display for each in unlisted if found_by[each.source.name] == ways],
            )
            for ways in dict.fromkeys(found_by.values())
        ),
        _list("another folder has the name", [f"{e.source.display} becomes {e.display}" for e in taken]),
        _list("differ in case alone, which not every server tells apart", [e.display for e in twins]),
        _list("cannot be spelled so there", [f"{e.source.display} becomes {e.display}" for e in spelled]),
        _list("in doubt", [error.sentence.rstrip(".") for error in doubts]),
        _list(
            "cannot be read in full",
            [f"{name}: {error.sentence.rstrip('.')}" for name, error in counted.unread.items()],
        ),
    ]
    number = len({each.source.display for each in (*taken, *twins, *spelled, *unlisted)} | counted.unread.keys()) + len(
        doubts
    )
    if not number:
        return CheckResult(CheckItem.FOLDERS, Verdict.PASSED, "Every folder gets its own place."), 0
    errors = (*doubts, *counted.unread.values())
    words = next((error.server_words for error in errors if error.server_words), "")
    sentence = "; ".join(filter(None, said))
    advice = _LISTING_ADVICE if unlisted or counted.unread or doubts else _NAME_ADVICE
    return CheckResult(CheckItem.FOLDERS, Verdict.WARNED, f"{sentence}.", words, advice), number


def _twins(plan: FolderPlan, there: Tree) -> list[Mapped]:
    """Folders that are to be made beside one of almost the same name. A server that has both knows them apart."""
    names: dict[bytes, set[bytes]] = {}
    for name in [*(folder.name for folder in there.folders), *(each.name for each in plan.folders)]:
        names.setdefault(name.lower(), set()).add(name)
    return [each for each in plan.folders if each.create and len(names[each.name.lower()]) > 1]


def _respelled(mapped: Mapped) -> bool:
    """True when the last part of its name is another one, and not because of what the folder is for."""
    same = mapped.display.rsplit("/", 1)[-1] == mapped.source.path[-1]
    return not same and mapped.source.role is None and mapped.source.path != ("INBOX",) and mapped.create


def _list(what: str, names: Sequence[str]) -> str:
    """`2 cannot be spelled so there (a.b becomes a_b, …)`; empty for none."""
    return f"{len(names):,} {what} ({_some(names)})" if names else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
