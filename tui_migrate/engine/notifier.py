"""Notices that are due are sent one after the other, in a thread of their own: no copy waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_migrate.engine.bridge import Bridge
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.errors import Disconnected, MailError, NotFound, NoticeInDoubt
from tui_migrate.model import Notice, NoticeSettings, NoticeState
from tui_migrate.model.moments import clock
from tui_migrate.store import events, grants, migrations, notices
from tui_migrate.store.database import Transaction
from tui_migrate.store.vault import Vault

if TYPE_CHECKING:
    from tui_migrate.mail.smtp import SmtpSession

_LOG = logging.getLogger(__name__)

WAITS = tuple(60.0 * minutes for minutes in (1, 2, 4, 8, 15, 30, 60, 120, 240, 240, 240, 240, 240))
"""Seconds from one attempt to the next where the server says that it is for the moment: a day, all together."""
AT_ONCE = 50
"""Notices over one connection: servers end those that never end."""
NO_ADDRESS = "There is no mail address: give the account one (Notify), then ask for it again."


def settle(error: MailError, attempts: int, now: float) -> tuple[NoticeState, float]:
    """What becomes of a notice after this many attempts, and when it is due. What may have arrived is not sent again by
    itself: two notices would say that two things have happened."""
    if isinstance(error, NoticeInDoubt):
        return NoticeState.IN_DOUBT, 0.0
    if error.retry and attempts <= len(WAITS):
        return NoticeState.DUE, now + WAITS[attempts - 1]
    return NoticeState.FAILED, 0.0


def doubt(connection: Transaction) -> None:
    """An engine was killed while it sent: what it was sending may have been sent."""
    for each in notices.doubt(connection):
        what = f"mail to {each.recipient}: may have been sent; the engine ended before the server's answer"
        events.add(connection, "engine", what, migration_id=each.migration_id, account_id=each.account_id)


class Notifier:
    """The notices of one migration (`only`), or of all. Raises StoreUnusable out of `look`."""

    def __init__(self, tools: Tools, vault: Vault, only: int | None) -> None:
        self._tools = tools
        self._vault = vault
        self._only = only
        self._stop = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Finish the notice that is being sent, and end."""
        self._stop.set()

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """What is to be waited for at the end."""
        return {self._task} if self._task is not None else set()

    def look(self, bridge: Bridge) -> bool:
        """Have what is due sent. True while the engine is needed for it: until all is sent or has failed for good, and
        for a single migration, which somebody waits for, until each was tried once."""
        if self._task is not None and self._task.done():
            done, self._task = self._task, None
            done.result()
        with self._tools.database.read() as connection:
            due_at = notices.next_due(connection, self._only)
        if (
            self._task is None
            and due_at is not None
            and due_at <= self._tools.clocks.steady()
            and not self._stop.is_set()
        ):
            self._task = asyncio.create_task(bridge.run("notifier", self._send))
        return self._task is not None or (due_at is not None and self._only is None)

    def _send(self) -> None:
        while not self._stop.is_set():
            with self._tools.database.read() as connection:
                due = notices.to_send(connection, self._tools.clocks.steady(), self._only)
                known = {each.id: each.notices for each in migrations.listing(connection, self._vault)} if due else {}
            if not due:
                return
            mine = [each for each in due if each.migration_id == due[0].migration_id]
            if settings := known[mine[0].migration_id]:
                self._send_some(mine[0].migration_id, settings, mine)

    def _send_some(self, migration_id: int, settings: NoticeSettings, due: Sequence[Notice]) -> None:
        """Send notices over one connection. Where there is none they share its fate: a login that is refused is not
        tried for each."""
        if nowhere := [each for each in due if not each.recipient]:
            self._end(nowhere, NoticeState.FAILED, NO_ADDRESS)
            return
        from tui_migrate.mail.smtp import open_smtp

        try:
            lent = grants.of(settings.server, grants.MAIL, migration_id, self._tools.database, self._vault)
            with open_smtp(settings, lent) as session:
                for each in due[:AT_ONCE]:
                    if self._stop.is_set() or not self._send_one(session, settings, each):
                        return
        except MailError as error:
            self._fail(due, error)

    def _send_one(self, session: SmtpSession, settings: NoticeSettings, each: Notice) -> bool:
        """Send one notice. False when the connection is of no more use."""
        from tui_migrate.notices.message import message, words

        now = self._tools.clocks.wall()
        if not self._tools.write(lambda connection: notices.begin(connection, each, now)).result():
            return True
        try:
            session.send(
                message(settings, each.recipient, words(settings, each.kind, each.values), now),
                each.recipient,
            )
        except MailError as error:
            self._fail([each], error)
            return not isinstance(error, (Disconnected, NoticeInDoubt))
        self._end([each], NoticeState.SENT)
        return True

    def _fail(self, some: Sequence[Notice], error: MailError) -> None:
        fates = defaultdict(list)
        for each in some:
            fates[settle(error, each.attempts + 1, self._tools.clocks.steady())].append(each)
        for (state, due_at), mine in fates.items():
            self._end(mine, state, f"{error.sentence} {error.server_words}".strip(), due_at)

    def _end(self, some: Sequence[Notice], state: NoticeState, error: str = "", due_at: float = 0.0) -> None:
        """Write down what has become of these notices. The audit trail says it once, not for every attempt that comes
        to nothing."""
        now, first = self._tools.clocks.wall(), some[0]
        who = (first.recipient or "a user") if len(some) == 1 else f"{len(some):,} users"
        again = clock(due_at - self._tools.clocks.steady() + now)
        said = f"tried again at {again}" if state is NoticeState.DUE else state.value

        about = {"who": f"account {first.account_id}"} if len(some) == 1 and first.account_id else None
        _LOG.info("mail to %s: %s %s", who, said, error, extra=about)

        def end(connection: Transaction) -> None:
            for each in some:
                notices.end(connection, each, state, now, error, due_at)
            if state is not NoticeState.DUE or not first.attempts:
                account_id = first.account_id if len(some) == 1 else None
                what = f"mail to {who}: {said}{'. ' if error else ''}{error}"
                events.add(connection, "engine", what, migration_id=first.migration_id, account_id=account_id)

        with contextlib.suppress(NotFound):  # deleted meanwhile
            self._tools.write(end).result()
