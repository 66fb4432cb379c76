"""A store as an engine would have filled it: three migrations in the middle of a working day.

Everything is written with the store's own functions; only the engine's process is not there. Its lock is held here, and
its heartbeat stands still at `now`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update

from tests.store import samples
from tests.support.pairs import save_folder
from tui_migrate.config.paths import Paths
from tui_migrate.engine.process import Lock
from tui_migrate.model import (
    AccountSpec,
    AccountState,
    Counts,
    EngineStatus,
    ImapServer,
    MigrationSpec,
    NewFailure,
    Pace,
    Scope,
    Secret,
    Stretch,
    Wait,
    Wanted,
    Way,
)
from tui_migrate.model.progress import Tally
from tui_migrate.service import Service
from tui_migrate.service.engine import Engine
from tui_migrate.service.open_store import OpenStore, open_store
from tui_migrate.store import accounts, events, migrations, progress
from tui_migrate.store.schema import failure, heartbeat

NOW = 1_741_788_120.0
"""Wednesday 12 March 2025, 14:02 UTC: the hour of every test."""
KB, MB, GB = 10**3, 10**6, 10**9


class OfficeEngine(Engine):
    """An engine for which no process is started; how often it should have been is counted."""

    starts = 0

    def ensure_running(self) -> None:
        """Count."""
        self.starts += 1


class OfficeService(Service):
    """A service with such an engine."""

    engine: OfficeEngine

    def __init__(self, store: OpenStore) -> None:
        super().__init__(store, OfficeEngine(store))


def open_service(data_dir: Path, who: str = "admin") -> OfficeService:
    """A service on the store in this folder, which is made when it is not there."""
    return OfficeService(open_store(Paths(data_dir), who))


def add_migration(
    service: Service, title: str, users: Sequence[str], hosts: tuple[str, str], wanted: Wanted = Wanted.RUN
) -> list[int]:
    """A migration with accounts of these source users; the ids of the accounts, in their order."""
    secret = Secret("shown-nowhere")
    specs = [AccountSpec(user, secret, user.replace("@old.", "@new.")) for user in users]
    with service.store.write() as connection:
        spec = MigrationSpec(title, ImapServer(hosts[0]), ImapServer(hosts[1]))
        migration_id = migrations.save(connection, spec, service.store.vault)
        accounts.save(connection, migration_id, specs, service.store.vault)
        migrations.want(connection, migration_id, wanted)
        return [account.id for account in accounts.listing(connection, migration_id)]


def set_account(
    service: Service,
    account_id: int,
    state: AccountState,
    counts: Counts,
    octets: tuple[int, int],
    *,
    rates: tuple[float, float] = (0.0, 0.0),
    why: tuple[str, str] = ("", ""),
) -> None:
    """An account in its first pass: `octets` are bytes listed and copied, `why` is detail and server's words."""
    with service.store.write() as connection:
        if not accounts.get(connection, account_id).pass_number:
            progress.begin_pass(connection, account_id, NOW - 3600)
        accounts.set_state(connection, account_id, state, *why)
        progress.save_account(connection, account_id, Tally(counts, *octets), rates)
        samples.move(connection, account_id, counts.copied + counts.brought, octets[1])


def add_folder(
    service: Service, account_id: int, names: tuple[str, str], counts: Counts, octets: tuple[int, int]
) -> int:
    """A folder of an account by source and destination name; its id."""
    wire = (names[0].encode(), names[1].encode())
    with service.store.write() as connection:
        folder_id = save_folder(connection, account_id, wire, names).id
        progress.save_folders(connection, {folder_id: Tally(counts, *octets)})
        return folder_id


def add_failure(service: Service, account_id: int, at: float, **entry: object) -> None:
    """An open failure that was last tried at `at`."""
    plain = NewFailure(account_id, Scope.ACCOUNT, kind="", sentence="", server_words="", command="", advice="")
    new = replace(plain, **entry)  # type: ignore[arg-type]
    with service.store.write() as connection:
        before = {each.id for each in events.failures(connection)}
        events.record_failure(connection, new)
        (new_id,) = {each.id for each in events.failures(connection)} - before
        connection.execute(update(failure).where(failure.c.id == new_id).values(first_at=at, last_at=at))


def set_pace(service: Service, account_id: int, spent: Mapping[Wait, float], until: float, octets: list[float]) -> None:
    """Where an account's time went, and its bytes per second in each ten seconds until then: across lines of 25 ms, of
    which that from the source is compressed."""
    source = Way(1000 * MB, 400 * MB, 0.025, 6 * MB)
    destination = Way(1400 * MB, 0, 0.025, 0.7 * MB)
    history = tuple(Stretch(until - 10 * age, each / KB, each) for age, each in enumerate(reversed(octets)))[::-1]
    with service.store.write() as connection:
        progress.save_pace(connection, account_id, Pace(spent, history, source, destination, 2, 0, 0.4))


@contextmanager
def engine_at_work(
    service: Service, now: float = NOW, *, connections: int = 12, rates: tuple[float, float]
) -> Iterator[None]:
    """While inside, an engine holds the store; its last beat was at `now`."""
    with Lock(service.store.paths.lock_file):
        beat(service, now, connections=connections, rates=rates)
        yield


def beat(service: Service, now: float, *, connections: int, rates: tuple[float, float]) -> None:
    """One heartbeat of this process."""
    with service.store.write() as connection:
        progress.beat(connection, EngineStatus(True, os.getpid(), "jump1", None, connections, *rates))
        connection.execute(update(heartbeat).values(beat_at=now))


def fill(service: Service, now: float = NOW) -> None:
    """Three migrations: one at work with troubles, one not started, one done."""
    _head_office(service, now)
    users = [f"{name}@pop.example" for name in ("bram", "elke", "fien", "joris", "lotte")]
    add_migration(service, "Branch Ghent", users, ("pop.branch.example", "imap.new.example"), Wanted.IDLE)
    users = ["test1@old.example", "test2@old.example"]
    for account_id in add_migration(service, "Test run", users, ("imap.old.example", "imap.new.example")):
        set_account(service, account_id, AccountState.DONE, Counts(406, 404, 2), (31 * MB, 30 * MB))


def _head_office(service: Service, now: float) -> None:
    others = ["ivan", "judy", "mallory", "niaj", "olivia", "peggy", "rupert", "sybil", "trent", "victor"]
    names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", *others]
    users = [f"{name}@old.example" for name in names]
    ids = add_migration(service, "Head office", users, ("imap.old.example", "imap.new.example"))
    alice, bob, carol, dave, erin, frank, grace, heidi, *_ = ids
    set_account(service, alice, AccountState.DONE, Counts(4512, 4500, 12), (int(1.2 * GB), int(1.1 * GB)))
    counts = Counts(18_240, 18_100, 0, 137, 0, 3)
    set_account(service, bob, AccountState.DONE_WITH_FAILURES, counts, (5 * GB, int(4.9 * GB)))
    set_account(
        service,
        carol,
        AccountState.PAUSED,
        Counts(9_310, 7_004),
        (int(3.1 * GB), int(2.4 * GB)),
        why=("The destination mailbox is full.", "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)"),
    )
    set_account(
        service, dave, AccountState.COPYING, Counts(12_880, 4_630), (4 * GB, int(1.4 * GB)), rates=(64.2, 5.1 * MB)
    )
    set_account(service, erin, AccountState.COPYING, Counts(2_150, 1_988), (900 * MB, 840 * MB), rates=(21.0, 3.3 * MB))
    set_account(service, frank, AccountState.CHECKING, Counts(), (0, 0))
    why = ("The source does not accept this login.", "NO [AUTHENTICATIONFAILED] Authentication failed.")
    set_account(service, grace, AccountState.FAILED, Counts(), (0, 0), why=why)
    why = (
        "The server asks for a pause. Tried again at 14:15:00.",
        "NO [LIMIT] Suggested Backoff Time: 780000 Milliseconds",
    )
    set_account(service, heidi, AccountState.THROTTLED, Counts(6_400, 310), (2 * GB, 90 * MB), why=why)
    spent = {Wait.DESTINATION: 1900.0, Wait.SOURCE: 640.0, Wait.THROTTLED: 300.0, Wait.PAUSED: 120.0}
    speeds = [MB * (1 + number * 7 % 11) * (number % 13 > 0) / 2 for number in range(90)]
    set_pace(service, dave, spent, now - 4, speeds)
    set_pace(service, bob, {Wait.DESTINATION: 2100.0, Wait.SOURCE: 30.0}, now - 5290, speeds[:40])
    _folders_and_failures(service, bob, carol, grace, now)


def _folders_and_failures(service: Service, bob: int, carol: int, grace: int, now: float) -> None:
    inbox = add_folder(service, bob, ("INBOX", "INBOX"), Counts(9_000, 8_999, 0, 0, 0, 1), (2 * GB, 2 * GB))
    add_folder(service, bob, ("Verzonden items", "Sent"), Counts(6_100, 6_100), (2 * GB, 2 * GB))
    counts = Counts(3_003, 3_001, 0, 0, 0, 2)
    projects = add_folder(service, bob, ("Projecten.日本", "Projecten/日本"), counts, (900 * MB, 899 * MB))
    add_folder(service, bob, ("Ongewenst", "Junk"), Counts(137, 0, 0, 137), (MB, 0))
    refused = {
        "scope": Scope.MESSAGE,
        "kind": "message refused",
        "sentence": "The destination refused this message.",
        "advice": "Read the server's words; write the message to a file and store it by hand, or skip it.",
        "date": "Sat, 12 Jan 2019 09:14:02 +0100",
    }
    too_big = {
        "uid": 1207,
        "size": 48_213_377,
        "subject": "Offerte [herzien] met bijlagen",
        "message_id": "<a1b2@old.example>",
        "command": 'APPEND INBOX (\\Seen) "12-Jan-2019 09:14:02 +0100" {48213377+}',
        "server_words": "NO [TOOBIG] Message size 48213377 exceeds fixed maximum message size 41943040",
    }
    add_failure(service, bob, now - 5400, folder_id=inbox, **too_big, **refused)
    for uid, subject in ((88, "Re: \x1b[2Jwelkom"), (89, "")):
        with_nul = {
            "uid": uid,
            "size": 2_114,
            "subject": subject,
            "message_id": f"<{uid}@old.example>",
            "command": 'APPEND "Projecten/&ZeVnLA-" () "12-Jan-2019 09:14:02 +0100" {2114+}',
            "server_words": "NO [CANNOT] Message contains NUL characters",
        }
        add_failure(service, bob, now - 5300 + uid, folder_id=projects, **with_nul, **refused)
    add_failure(
        service,
        grace,
        now - 2000,
        kind="login refused",
        sentence="The source does not accept this login.",
        server_words="NO [AUTHENTICATIONFAILED] Authentication failed.",
        command="AUTHENTICATE PLAIN",
        advice="Correct the user or the password and retry the account; some providers want an app password.",
    )
    add_failure(
        service,
        carol,
        now - 60,
        kind="destination over quota",
        sentence="The destination mailbox is full.",
        server_words="NO [OVERQUOTA] Quota exceeded (mailbox for user is full)",
        command="APPEND INBOX",
        advice="Raise the quota of the destination mailbox, then retry the account.",
    )
