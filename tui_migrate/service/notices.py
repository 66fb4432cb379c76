"""Mail to users: what is set, how it reads, what is held, and what has become of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui_migrate.engine.notices import notice_state, recipient, write_notice
from tui_migrate.errors import BadInput, Problem
from tui_migrate.model import (
    Account,
    AccountState,
    Counts,
    Migration,
    Notice,
    NoticeKind,
    NoticeSettings,
    NoticeState,
    Secret,
    Wanted,
)
from tui_migrate.notices.values import account_values
from tui_migrate.service.engine import Engine
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, grants, migrations, notices, passes
from tui_migrate.store.database import Transaction

TO_RETRY: tuple[NoticeState, ...] = (NoticeState.FAILED, NoticeState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Preview:
    """A notice as it would be sent."""

    recipient: str
    """Empty: there is no address."""
    subject: str
    text: str
    real: bool
    """With the numbers of an account; else with an example's."""


class Notices:
    """Mail to the users of the migrations in an open store."""

    def __init__(self, store: OpenStore, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    # What is set

    def form(self, migration_id: int) -> dict[str, str]:
        """The texts of the form's fields, by name. No password."""
        from tui_migrate.config.notices import write_notice_form

        return write_notice_form(self._migration(migration_id).notices)

    def read_form(
        self, migration_id: int, texts: Mapping[str, str], passwords: Mapping[str, Secret]
    ) -> NoticeSettings | None:
        """The settings that the fields describe; None: no mail. A password that is not typed is the stored one, for the
        same server and user. Raises BadInput, whose places are names of fields."""
        from tui_migrate.config.notices import read_notice_form

        return read_notice_form(texts, passwords, self._migration(migration_id).notices)

    def configure(self, migration_id: int, new: NoticeSettings | None) -> None:
        """Set what holds for all that is sent from now on, also for what is held."""
        with self._store.write() as connection:
            before = migrations.get(connection, migration_id, self._store.vault).notices
            migrations.set_notices(connection, migration_id, new, self._store.vault)
            if new != before:
                what = "changed" if new and before else f"turned {'on' if new else 'off'}"
                what += " the mail to users"
                events.add(connection, self._store.who, what, migration_id=migration_id)
        if new and self._due(migration_id):
            self._engine.ensure_running()

    def preview(self, migration_id: int, texts: Mapping[str, str]) -> Preview:
        """The notice that these fields make, with the numbers of an account that is done, or else of any."""
        shown = NoticeSettings(texts["host"], texts["sender"], subject=texts["subject"], text=texts["text"])
        return self._preview(self._migration(migration_id), shown)

    def send_test(self, migration_id: int, settings: NoticeSettings) -> str:
        """Send the notice of `preview` to the admin, now. Returns the address. Raises MailError, and BadInput when the
        admin has none. Waits for the server, minutes at worst."""
        from tui_migrate.mail.smtp import open_smtp
        from tui_migrate.notices.message import message

        if not settings.summary_to:
            raise BadInput([Problem("summary_to", "must not be empty: the test mail goes there")])
        shown = self._preview(self._migration(migration_id), settings)
        lent = grants.of(settings.server, grants.MAIL, migration_id, self._store.database, self._store.vault)
        with open_smtp(settings, lent) as session:
            written = (f"Test: {shown.subject}", shown.text)
            session.send(message(settings, settings.summary_to, written, time.time()), settings.summary_to)
        return settings.summary_to

    # What has become of it

    def listing(self, migration_id: int) -> list[Notice]:
        """All notices of a migration, the oldest first."""
        gone = not self._engine.status().running
        with self._store.read() as connection:
            found = notices.listing(connection, migration_id)
        # What an engine was sending when it was killed waits for the next one to say so.
        return [replace(each, state=NoticeState.IN_DOUBT) if gone and _sending(each) else each for each in found]

    def counts(self, migration_id: int) -> Counter[NoticeState]:
        """How many notices there are of each state."""
        return Counter(each.state for each in self.listing(migration_id))

    def to_release(self, migration_id: int) -> int | None:
        """How many notices `release` would send; None where no mail is sent at all."""
        with self._store.read() as connection:
            migration = migrations.get(connection, migration_id, self._store.vault)
            if migration.notices is None:
                return None
            held = notices.counts(connection, migration_id)[NoticeState.HELD]
            return held + len(self._without(connection, migration, migration.notices))

    def release(self, migration_id: int) -> int:
        """Send what is held, and write to the users of accounts that are done and have no notice: mail was off when
        they ended. Returns how many notices are sent now. Starts the engine when none runs."""
        with self._store.write() as connection:
            migration = migrations.get(connection, migration_id, self._store.vault)
            if migration.notices is None:
                return 0
            held = replace(migration.notices, hold=True)
            for each in self._without(connection, migration, held):
                write_notice(connection, migration, held, each.id, time.time())
            number = self._ask(connection, migration_id, (NoticeState.HELD,), "released {} to users")
        return self._sent_on(number)

    def retry(self, migration_id: int) -> int:
        """Send again what has failed, and what may have been sent. Returns how many. Starts the engine when none
        runs."""
        states = TO_RETRY if self._engine.status().running else (*TO_RETRY, NoticeState.SENDING)
        with self._store.write() as connection:
            number = self._ask(connection, migration_id, states, "asked for {} once more")
        return self._sent_on(number)

    def _without(self, connection: Transaction, migration: Migration, settings: NoticeSettings) -> list[Account]:
        """The accounts that have ended and should have a notice, and have none."""
        if notices.final_pass_ahead(connection, migration.id):
            return []
        ended = [each for each in accounts.listing(connection, migration.id) if notice_state(settings, each.state)]
        have = notices.with_notice(connection, [each.id for each in ended])
        return [each for each in ended if each.id not in have]

    def _ask(self, connection: Transaction, migration_id: int, states: tuple[NoticeState, ...], what: str) -> int:
        recipients = {each.id: recipient(each) for each in accounts.listing(connection, migration_id)}
        number = notices.ask(connection, migration_id, states, recipients, time.time())
        if number:
            mails = "1 mail" if number == 1 else f"{number:,} mails"
            events.add(connection, self._store.who, what.format(mails), migration_id=migration_id)
        return number

    def _sent_on(self, number: int) -> int:
        if number:
            self._engine.ensure_running()
        return number

    def _due(self, migration_id: int) -> bool:
        with self._store.read() as connection:
            return notices.next_due(connection, migration_id) is not None

    def _migration(self, migration_id: int) -> Migration:
        with self._store.read() as connection:
            return migrations.get(connection, migration_id, self._store.vault)

    def _preview(self, migration: Migration, settings: NoticeSettings) -> Preview:
        from tui_migrate.notices.message import words

        with self._store.read() as connection:
            known = accounts.listing(connection, migration.id)
            done = [each for each in known if notice_state(settings, each.state)] or known
            account = done[0] if done else _EXAMPLE
            walks = passes.listing(connection, [account.id])[account.id] if done else []
        subject, text = words(settings, NoticeKind.DONE, account_values(migration, account, walks))
        return Preview(recipient(account), subject, text, bool(done))


def _sending(each: Notice) -> bool:
    return each.state is NoticeState.SENDING


_EXAMPLE = Account(
    id=0,
    migration_id=0,
    source_user="alice@old.example",
    destination_user="alice@new.example",
    priority=5,
    position=0,
    excluded_folders=(),
    wanted=Wanted.RUN,
    state=AccountState.DONE,
    detail="",
    server_words="",
    pass_number=1,
    counts=Counts(1234, 1234),
    bytes_listed=0,
    bytes_copied=0,
    rate_messages=0.0,
    rate_bytes=0.0,
    started_at=None,
    finished_at=None,
)
