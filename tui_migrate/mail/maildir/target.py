"""A folder that is filled."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from tui_migrate.errors import MailError, MessageRefused
from tui_migrate.mail.files.archive import Contents, Item
from tui_migrate.mail.maildir import keywords, order
from tui_migrate.mail.maildir.archive import content_in
from tui_migrate.mail.maildir.delivery import Delivery, Written
from tui_migrate.mail.maildir.faults import of_message
from tui_migrate.mail.maildir.folder import CUR, TMP, MaildirFolder, MailFile
from tui_migrate.mail.maildir.items import MailItems
from tui_migrate.mail.maildir.letters import Letters
from tui_migrate.mail.maildir.making import Owner
from tui_migrate.mail.maildir.names import flags_of, parse
from tui_migrate.mail.maildir.numbering import Numbers
from tui_migrate.mail.maildir.small import open_directory
from tui_migrate.mail.protocols import Batch, FlagChanges, Message, Opened, Refused, Stored


class TargetFolder:
    """It is open. All of it may raise OSError."""

    def __init__(self, descriptor: int, helpers: Executor, *, guest: bool) -> None:
        """Takes over the descriptor of its directory. `helpers`: see `Delivery`. `guest`: a server uses it, too."""
        self._helpers = helpers
        self.files = MaildirFolder(descriptor)
        owner = Owner.of(descriptor)
        self._tmp: int | None = None
        self._seen: Contents[MailFile] | None = None
        """What lay in it, while nothing changes in it: who waits for a folder to come to rest asks again and again."""
        self._owner = owner
        self.numbers = Numbers(descriptor, owner)
        self.letters = Letters(descriptor, owner, guest=guest)

    def close(self) -> None:
        """Give back what is open."""
        if self._tmp is not None:
            os.close(self._tmp)
        self.numbers.close()
        self.files.close()

    def contents(self, *, write: bool) -> Contents[MailFile]:
        """All messages, in ascending UID. `write`: each has its UID for good."""
        token = self.files.token()
        if write and token and self._seen is not None and self._seen.token == token:
            return self._seen
        letters = keywords.by_letter(self.files.descriptor)
        files, _ = self.files.files()
        files.sort(key=lambda each: order.place_of(each.parsed, {}))
        uids = self.numbers.of([each.key for each in files], write=write)
        by_uid = sorted(zip(uids, files, strict=True), key=lambda each: each[0])
        files, uids = [file for _, file in by_uid], [uid for uid, _ in by_uid]
        items = MailItems(files, [each.modified for each in files], lambda name: flags_of(name.letters, letters), uids)
        found = Contents(items, uidvalidity=self.numbers.uidvalidity, token=token)
        self._seen = found if write else None
        return found

    def opened(self, name: bytes) -> Opened:
        """Ready for messages, and rid of what killed ones have left."""
        self._delivery().clean_up()
        messages = len(self.contents(write=True).items)
        return Opened(name, self.numbers.uidvalidity, self.numbers.uidnext, messages)

    def store(self, batch: Batch) -> list[Stored | Refused]:
        """What has come of each message. Raises MailError when nobody can tell."""
        delivery, self._seen = self._delivery(), None
        written: list[tuple[int, Written, tuple[str, ...]]] = []
        told: list[Stored | Refused] = []
        for position, message in enumerate(batch.messages):
            try:
                letters, dropped = self._letters(message)
                written.append((position, delivery.write(message, letters), dropped))
            except OSError as error:
                told.append(Refused(batch.key, position, of_message(error)))
            except MailError as error:
                told.append(Refused(batch.key, position, error))
        if written:
            delivery.put([each for _, each, _ in written])
            told.append(self._stored(batch.key, written))
        return told

    def change_flags(self, changes: FlagChanges) -> Mapping[str, int]:
        """By other names of the files. How many messages did not get which flag."""
        unkept: Counter[str] = Counter()
        items = {item.uid: item.place for item in self.contents(write=True).items}
        for (added, removed), uids in changes.items():
            there = [items[uid] for uid in uids if uid in items]
            new, dropped = self.letters.of(frozenset(added))
            old, _ = self.letters.of(frozenset(removed) - self.letters.unkept({*removed}))
            unkept.update(dict.fromkeys(dropped, len(there)))
            for file in there:
                self._rename(file, new, old)
        os.fsync(self.files.parts[CUR])
        return unkept

    def item(self, uid: int) -> Item[MailFile] | None:
        """The message with this UID; None: it is gone."""
        return next((each for each in self.contents(write=True).items if each.uid == uid), None)

    def _letters(self, message: Message) -> tuple[str, tuple[str, ...]]:
        if not message.content.length:
            raise MessageRefused("An empty message is no message, and an empty file is taken for one that was lost.")
        return self.letters.of(message.listed.flags)

    def _delivery(self) -> Delivery:
        if self._tmp is None:
            self._tmp = open_directory(TMP, self.files.descriptor)
        return Delivery(self._tmp, self.files.parts[CUR], self._owner, self._helpers)

    def _stored(self, key: int, written: Sequence[tuple[int, Written, tuple[str, ...]]]) -> Stored:
        uids = self.numbers.of([each.name.unique for _, each, _ in written], write=True)
        return Stored(
            key,
            tuple(position for position, _, _ in written),
            self.numbers.uidvalidity,
            tuple(uids),
            tuple(flag for _, _, dropped in written for flag in dropped),
            sum(not each.dated for _, each, _ in written),
        )

    def _rename(self, file: MailFile, new: str, old: str) -> None:
        """Whatever else has been made of its name meanwhile stays so."""
        place: tuple[str, str] | None = file.part, file.name
        while place is not None:
            part, name = place
            parsed = parse(name)
            letters = {*parsed.letters, *new} - {*old}
            wanted = parsed.with_letters("".join(letters))
            if part == CUR and letters == {*parsed.letters}:
                return
            try:
                os.rename(name, wanted, src_dir_fd=self.files.parts[part], dst_dir_fd=self.files.parts[CUR])
            except FileNotFoundError:
                place = self.files.find(file)
                continue
            return


def read_in(folder: TargetFolder, item: Item[MailFile]) -> bytes | None:
    """The octets of a message; None: it is gone. Raises MessageDamaged."""
    content = content_in(folder.files, item.place, None)
    if content is None:
        return None
    try:
        return b"".join(content.chunks())
    finally:
        content.close()
