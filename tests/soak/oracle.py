"""Judges one run that came to its end: is all there once, and is each difference named?"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.servers.mailbox import Folder, StoredMessage
from tests.soak.ledger import Ledger, Place
from tests.soak.quirks import Cost
from tests.soak.rewriting import rewritten
from tui_migrate.model import Account, AccountState, Failure, FolderProgress, Remark, Scope
from tui_migrate.service import open_service
from tui_migrate.uidset import parse_uids

DONE = (AccountState.DONE, AccountState.DONE_WITH_FAILURES)
TWICE = "arrived twice"
_RETR = re.compile(r"RETR (\d+)")
_UIDS = re.compile(r"UIDs? ([\d,:]+)\.$")


@dataclass(frozen=True)
class Mapping:
    """A source folder and where its mail goes."""

    place: Place
    display: str
    """As failures name it."""
    destination: str
    """As on the wire, as it was asked for."""
    destination_display: str


@dataclass(frozen=True)
class Seen:
    """What the admin sees after a run."""

    code: int
    accounts: Sequence[Account]
    folders: Sequence[FolderProgress]
    failures: Sequence[Failure]
    remarks: Sequence[Remark]
    mappings: Sequence[Mapping]

    @classmethod
    def of(cls, code: int, data: Path) -> Seen:
        """As the store has it."""
        with closing(open_service(data)) as service:
            (overview,) = service.migrations.listing()
            accounts = service.accounts.listing(overview.migration.id)
            folders = [folder for account in accounts for folder in service.folders.listing(account.id)]
            failures, remarks = service.failures.listing(), service.passes.remarks()
        with closing(sqlite3.connect(data / "store.db")) as store:
            rows = store.execute(
                "SELECT source_user, source_name, source_display, destination_name, destination_display "
                "FROM folder JOIN account ON account.id = account_id"
            )
            mappings = [
                Mapping((user, name.decode("latin-1")), display, other.decode("latin-1"), other_display)
                for user, name, display, other, other_display in rows
            ]
        return cls(code, accounts, folders, failures, remarks, mappings)


@dataclass
class Oracle:
    """Judges by what it knows of both ends."""

    ledger: Ledger
    understood: Callable[[str], str]
    """What the destination makes of a folder's name."""

    def judge(self, seen: Seen, cost: Cost, largest: int = 0, *, quiet: bool = True) -> list[str]:
        """What is wrong. `quiet`: nothing happened to the mailboxes meanwhile."""
        gone = self.gone(seen)
        found = [*_numbers(seen, gone), *_exit_code(seen, cost, gone), *self._strangers(), *self._folders(seen, cost)]
        for folder, mappings in self._groups(seen).items():
            found += self._folder(seen, folder, mappings, largest)
        found += self._unmapped(seen)
        if seen.code == 0:
            found += self._remarked(seen, cost, largest)
            if quiet:
                found += [
                    f"{account.source_user}: {account.counts.equation}, but the source holds "
                    f"{self.ledger.listed(account.source_user)}"
                    for account in seen.accounts
                    if account.counts.listed != self.ledger.listed(account.source_user)
                ]
        return found

    def gone(self, seen: Seen) -> set[tuple[str, str]]:
        """Folders that are no more at the source, by user: what was last said of them stands."""
        mappings = [mapping for mapping in seen.mappings if self.ledger.source(mapping.place) is None]
        return {(mapping.place[0], mapping.display) for mapping in mappings}

    def lacking(self, seen: Seen) -> int:
        """Messages that may still come. The copy of one that was deleted at the source stands for no equal one."""
        groups = self._groups(seen)
        lacks = 0
        for folder, mappings in groups.items():
            places = [mapping.place for mapping in mappings]
            have = Counter(message.octets for message in self.ledger.copies(folder)) + self.ledger.waived[folder.name]
            lacks += ((self.ledger.allowed(places) - have) & self.ledger.wanted(places)).total()
        mapped = {mapping.place for mappings in groups.values() for mapping in mappings}
        return lacks + sum(len(self.ledger.present(place)) for place in self.ledger.ever if place not in mapped)

    def delete_twins(self, seen: Seen) -> None:
        """As the admin does: the second copies that are named, by their UIDs."""
        for failure in seen.failures:
            if failure.kind == TWICE and (found := _UIDS.search(failure.sentence)):
                for mapping in seen.mappings:
                    if mapping.display == failure.folder and mapping.place[0] == failure.account:
                        folder = self.ledger.destination.find(self.understood(mapping.destination))
                        assert folder is not None
                        folder.remove(*parse_uids(found[1]))

    # Folders

    def _groups(self, seen: Seen) -> dict[Folder, list[Mapping]]:
        groups: dict[Folder, list[Mapping]] = defaultdict(list)
        for mapping in seen.mappings:
            self.ledger.named.add(self.understood(mapping.destination))
            folder = self.ledger.destination.find(self.understood(mapping.destination))
            if folder is not None:
                groups[folder].append(mapping)
        return groups

    def _folders(self, seen: Seen, cost: Cost) -> Iterator[str]:
        """No folder that nobody asked for; no two of one account in one; no other name without a word."""
        self._groups(seen)
        delimiter = self.ledger.destination.delimiter
        for mailbox in self.ledger.sources:  # a run that was killed may have made them, and not put that on record
            self.ledger.named |= {self._name_of(mailbox.readable_name(name)) for name in mailbox.folders}
        for name in () if cost.commands else self.ledger.destination.folders:
            if not any(each == name or each.startswith(name + delimiter) for each in self.ledger.named):
                yield f"a folder that nobody asked for: {name}"
        for folder, mappings in self._groups(seen).items():
            users = Counter(mapping.place[0] for mapping in mappings if self.ledger.present(mapping.place))
            failed = {(each.account, each.folder) for each in seen.failures if each.scope is Scope.FOLDER}
            loud = sum((mapping.place[0], mapping.display) in failed for mapping in mappings)
            if any(number - loud > 1 for number in users.values()):
                yield f"several folders have become one, {folder.name}: {[mapping.display for mapping in mappings]}"
        renamed = {(each.account, each.folder) for each in seen.remarks if each.kind == "folder renamed"}
        for mapping in seen.mappings:
            if self.ledger.source(mapping.place) is None:
                continue
            ends = mapping.display.rpartition("/")[2], mapping.destination_display.rpartition("/")[2]
            named = (mapping.place[0], mapping.display) in renamed or mapping.place[0] in {
                failure.account for failure in seen.failures
            }
            if ends[0].casefold() != ends[1].casefold() and not named:
                yield f"{mapping.display} has become {mapping.destination_display} without a word"

    def _name_of(self, readable: str) -> str:
        return self.understood(self.ledger.destination.wire_name(readable))

    def _strangers(self) -> Iterator[str]:
        there = {id(each) for folder in self.ledger.destination.folders.values() for each in folder.messages}
        for each in self.ledger.strangers:
            if id(each) not in there:
                yield f"the user's own mail was taken away: {each.octets[:80]!r}"

    # Mail

    def _missing(self, folder: Folder, mappings: Sequence[Mapping], largest: int) -> Counter[bytes]:
        wanted = self.ledger.wanted([mapping.place for mapping in mappings], largest)
        have = Counter(message.octets for message in self.ledger.copies(folder))
        return wanted - have - self.ledger.waived[folder.name]

    def _folder(self, seen: Seen, folder: Folder, mappings: Sequence[Mapping], largest: int) -> Iterator[str]:
        missing = self._missing(folder, mappings, largest)
        have = Counter(message.octets for message in self.ledger.copies(folder))
        allowed = self.ledger.allowed([mapping.place for mapping in mappings])
        surplus = have - (allowed - self.ledger.waived[folder.name])
        displays = {(mapping.place[0], mapping.display) for mapping in mappings}
        twins = [f for f in seen.failures if f.kind == TWICE and (f.account, f.folder) in displays]
        named = [uid for f in twins if (found := _UIDS.search(f.sentence)) for uid in parse_uids(found[1])]
        there = {message.uid: message.octets for message in folder.messages}
        # Of twins it does not matter which one is called the second.
        if surplus - Counter(there[uid] for uid in named if uid in there):
            yield f"{surplus.total()} more in {folder.name} than there was, {len(named)} named: {_shown(surplus)}"
        if missing and (left := self._unnamed(seen, mappings, missing)):
            yield f"{left.total()} missing in {folder.name} and not named: {_shown(left)}"

    def _unnamed(self, seen: Seen, mappings: Sequence[Mapping], missing: Counter[bytes]) -> Counter[bytes]:
        """What is missing and no failure speaks of."""
        left = Counter(missing)
        for mapping in mappings:
            mine = [f for f in seen.failures if f.account == mapping.place[0]]
            states = [account.state for account in seen.accounts if account.source_user == mapping.place[0]]
            if mine and any(state not in DONE for state in states):
                return Counter()
            whole = [f for f in mine if f.scope is not Scope.MESSAGE and f.folder in ("", mapping.display)]
            if any(f.kind != TWICE and (f.folder or f.scope is not Scope.FOLDER) for f in whole):
                return Counter()
            named = [f for f in mine if f.scope is Scope.MESSAGE and f.folder == mapping.display]
            left -= Counter(filter(None, (self._message(mapping, each, left) for each in named)))
        return left

    def _message(self, mapping: Mapping, failure: Failure, missing: Counter[bytes]) -> bytes | None:
        """The message that a failure names. Where a POP server names none and did not show one at first, ordinals are
        not the numbers of messages: then what was asked for tells, else the size."""
        numbers = self.ledger.numbers[mapping.place]
        if asked := _RETR.fullmatch(failure.command):
            present = self.ledger.present(mapping.place)
            number = int(asked[1])
            octets = rewritten(present[number - 1].octets, self.ledger.rewrite) if number <= len(present) else None
        else:
            octets = rewritten(numbers[failure.uid], self.ledger.rewrite) if failure.uid in numbers else None
        if octets in missing:
            return octets
        return next((each for each in missing if len(each) == failure.size), None)

    def _unmapped(self, seen: Seen) -> Iterator[str]:
        mapped = {mapping.place for mappings in self._groups(seen).values() for mapping in mappings}
        for place in self.ledger.ever:
            named = any(f.account == place[0] and f.scope is not Scope.MESSAGE for f in seen.failures)
            if place not in mapped and self.ledger.present(place) and not named:
                yield f"the folder {place} was not seen, and nobody says so"

    # Flags and dates

    def _remarked(self, seen: Seen, cost: Cost, largest: int) -> Iterator[str]:
        for folder, mappings in self._groups(seen).items():
            places = [mapping.place for mapping in mappings]
            if any(len(self.ledger.ever.get(p, ())) != len(self.ledger.present(p, largest)) for p in places):
                continue  # what was deleted at the source is there as it was then
            wanted = Counter(
                _whole(message, self.ledger.rewrite) for p in places for message in self.ledger.present(p, largest)
            )
            have = Counter(_whole(message) for message in self.ledger.copies(folder))
            displays = {(mapping.place[0], mapping.display) for mapping in mappings}
            remarks = [r for r in seen.remarks if (r.account, r.folder) in displays or not r.folder]
            flags = {r.what for r in remarks if r.kind == "flag not kept"}
            dates = any(r.kind == "date not kept" for r in remarks)
            lacks, more = wanted - have, have - wanted
            for octets in {each[0] for each in lacks} & {each[0] for each in more}:
                mine = [each for each in lacks if each[0] == octets]
                theirs = [each for each in more if each[0] == octets]
                dropped, extra = _difference([each[1] for each in mine], [each[1] for each in theirs])
                if len(mine) < sum(each[0] == octets for each in wanted.elements()):
                    # Of twins that differ in keywords alone nobody can say which one has arrived (see `match`).
                    dropped, extra = _system(dropped), _system(extra)
                if not cost.flags and (extra or not dropped <= flags):
                    yield (
                        f"flags in {folder.name} are not as they were, and nobody says so: {sorted(dropped)} are "
                        f"missing, {sorted(extra)} are new: {octets[:60]!r}"
                    )
                if not (cost.dates or dates) and {each[2] for each in mine} != {each[2] for each in theirs}:
                    yield f"a date in {folder.name} is not as it was, and nobody says so: {octets[:60]!r}"


def _numbers(seen: Seen, gone: Set[tuple[str, str]]) -> Iterator[str]:
    """The equation. `gone`: folders that are no more; what was last counted of them stands."""
    for account in seen.accounts:
        mine = [folder for folder in seen.folders if folder.account_id == account.id]
        if account.state in DONE:
            if account.counts.pending:
                yield f"{account.source_user}: {account.counts.equation}"
            yield from (
                f"{account.source_user} {folder.source_name}: {folder.counts.equation}"
                for folder in mine
                if folder.counts.pending and (account.source_user, folder.source_name) not in gone
            )
        if account.counts.failed and not any(f.account_id == account.id for f in seen.failures):
            yield f"{account.source_user}: {account.counts.failed} failed, and none is named"
        if any(getattr(account.counts, name) < 0 for name in account.counts.__slots__):
            yield f"{account.source_user}: {account.counts.equation}"


def _exit_code(seen: Seen, cost: Cost, gone: Set[tuple[str, str]]) -> Iterator[str]:
    done = all(account.state is AccountState.DONE for account in seen.accounts)
    if seen.code not in (0, 1):
        yield f"exit code {seen.code}"
    if (seen.code == 0) != (done and not seen.failures):
        states = ", ".join(account.state for account in seen.accounts)
        yield f"exit code {seen.code}, {states}, {len(seen.failures)} failures"
    for account in seen.accounts:
        if account.state not in DONE and not cost.pauses:
            yield f"{account.source_user} is {account.state}: {account.detail} {account.server_words}"
    for failure in seen.failures:
        if failure.kind not in cost.failures and (failure.account, failure.folder) not in gone:
            yield (
                f"{failure.kind}, which need not be: {failure.folder} {failure.uid} {failure.sentence} "
                f"{failure.server_words!r} {failure.command}"
            )
    for remark in seen.remarks:
        if remark.kind not in cost.remarks and remark.kind != "folder renamed":
            yield f"{remark.kind}, which need not be: {remark.folder} {remark.what}"


def _difference(mine: Sequence[frozenset[str]], theirs: Sequence[frozenset[str]]) -> tuple[set[str], set[str]]:
    """Flags that some of mine have and not all of theirs, and that some of theirs have and none of mine."""
    if Counter(mine) == Counter(theirs):
        return set(), set()
    dropped = frozenset().union(*mine) - frozenset.intersection(*theirs)
    return {*dropped}, {*frozenset().union(*theirs) - frozenset().union(*mine)}


def _system(flags: set[str]) -> set[str]:
    return {flag for flag in flags if flag.startswith("\\")}


def _whole(message: StoredMessage, rewrite: str = "") -> tuple[bytes, frozenset[str], int]:
    return rewritten(message.octets, rewrite), message.flags, message.instant


def _shown(some: Counter[bytes]) -> str:
    return ", ".join(f"{number} × {octets[:90]!r}" for octets, number in [*some.items()][:3])
