"""The supervisor decides who runs, when, and what an ended run means. It never touches a socket;
transfer threads do."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from os import getpid
from typing import TypeVar

from tui_migrate.engine.account_run import AccountRun
from tui_migrate.engine.admission import Candidate, admit
from tui_migrate.engine.bridge import Bridge
from tui_migrate.engine.failures import account_failure
from tui_migrate.engine.pace import PaceMeter
from tui_migrate.engine.retry import decide
from tui_migrate.engine.tools import Tools, Work
from tui_migrate.errors import MailError, NotFound, TooManyConnections
from tui_migrate.model import ENDED_STATES, Account, AccountState, EngineStatus, Migration, Wait, Wanted
from tui_migrate.store import accounts, events, journal, migrations, progress, rules
from tui_migrate.store.accounts import Wish
from tui_migrate.store.database import Transaction
from tui_migrate.store.vault import Vault

T = TypeVar("T")

TICK_SECONDS = 0.5
_SAVE_SECONDS = 1.0
_LESSON_SECONDS = 600.0
"""A server's "too many connections" is heeded for so long: what stood in the way may have been other clients."""
_SHOWN_FLAGS = 10


@dataclass(slots=True, eq=False)
class _Run:
    """An account that holds connections."""

    work: Work
    servers: tuple[str, str]
    asked: int
    check: bool
    """It only proves the logins and counts."""
    stop: threading.Event = field(default_factory=threading.Event)


class Supervisor:
    """Runs the accounts that the admin wants to run. Raises StoreUnusable;
    whatever a mail server does stays with its account."""

    def __init__(self, tools: Tools, vault: Vault, only: int | None = None) -> None:
        self._tools = tools
        self._vault = vault
        self._only = only
        self._bridge = Bridge()
        self._wake = asyncio.Event()
        self._stopping = False
        self._runs: dict[int, _Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._remembered: dict[int, Work] = {}
        self._due: dict[int, float] = {}
        """Accounts that wait, by the monotonic time at which they are tried again."""
        self._ceilings: dict[str, tuple[int, float]] = {}
        """Connections that a server has let us have before it said no, and when (monotonic) it said so."""
        self._fatal: BaseException | None = None

    def stop(self) -> None:
        """Finish what is in flight and end."""
        self._stopping = True
        for run in self._runs.values():
            run.stop.set()
        self._wake.set()

    async def run(self, until_idle: bool) -> None:
        """Work until stopped, or until nothing is left that the admin wants."""
        try:
            await self._write(accounts.forget_activity)
            await self._work(until_idle)
        finally:
            self.stop()
            if self._tasks:
                await asyncio.wait(self._tasks)  # their threads must not outlive the store's writer
        if self._fatal is not None:
            raise self._fatal

    async def _work(self, until_idle: bool) -> None:
        saved = 0.0
        while self._fatal is None:
            self._wake.clear()
            idle = await self._tick()
            if idle or time.monotonic() - saved >= _SAVE_SECONDS:
                saved = time.monotonic()
                await self._save()
            if not self._runs and (self._stopping or (idle and until_idle)):
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_SECONDS)

    # Deciding

    async def _tick(self) -> bool:
        """Carry out the admin's wishes. True when none is left."""
        with self._tools.database.read() as connection:
            wishes = accounts.wishes(connection)
            known = {each.id: each for each in migrations.listing(connection, self._vault)}
        running = set(self._runs)  # what ends from here on is not among these wishes yet
        mine = {wish.account_id: wish for wish in wishes if self._only in (None, wish.migration_id)}
        for account_id, run in self._runs.items():
            if account_id not in mine or not mine[account_id].runs:
                run.stop.set()
        await self._show_pauses([wish for wish in mine.values() if wish.account_id not in running])
        open_wishes = [wish for wish in mine.values() if wish.runs and not wish.state.ended]
        if not self._stopping:
            waiting = [each for each in open_wishes if each.account_id not in running]
            for wish, check in self._next(waiting, known):
                with contextlib.suppress(NotFound):  # deleted a moment ago
                    self._start(wish, known[wish.migration_id], check)
        return not open_wishes and not self._runs

    async def _show_pauses(self, wishes: list[Wish]) -> None:
        """An account that the admin has paused says so at once, and one that may go on again too."""
        paused = AccountState.PAUSED
        changes = [(w.account_id, paused) for w in wishes if w.pauses and w.state not in (paused, *ENDED_STATES)]
        changes += [(w.account_id, AccountState.WAITING) for w in wishes if w.runs and w.state is paused]
        if changes:
            await self._write(lambda connection: accounts.set_states(connection, changes))

    def _next(self, waiting: list[Wish], known: Mapping[int, Migration]) -> list[tuple[Wish, bool]]:
        """Who starts now, and whether for a check only.

        Accounts that cannot all start at once are proven first, all of them: seven wrong passwords among five hundred
        are wanted in the first minute, not in the last hour. Those that can start prove their logins by starting.
        """
        now = time.monotonic()
        ready = [wish for wish in waiting if self._due.get(wish.account_id, 0.0) <= now]
        unproven = [wish for wish in ready if not wish.proven]
        admitted = self._admitted(ready, known)
        if sum(not wish.proven for wish in admitted) == len(unproven):
            return [(wish, False) for wish in admitted]
        first_the_unproven = sorted(ready, key=lambda wish: wish.proven)
        return [(wish, not wish.proven) for wish in self._admitted(first_the_unproven, known)]

    def _admitted(self, wishes: list[Wish], known: Mapping[int, Migration]) -> list[Wish]:
        waiting = {wish.account_id: wish for wish in wishes}
        candidates = [Candidate(key, _servers(known[wish.migration_id])) for key, wish in waiting.items()]
        busy: Counter[str] = Counter(key for run in self._runs.values() for key in run.servers)
        concerned = {wish.migration_id: known[wish.migration_id] for wish in wishes}
        concerned |= {run.work.migration.id: run.work.migration for run in self._runs.values()}
        limits = self._limits(concerned.values())
        return [waiting[account_id] for account_id in admit(candidates, busy, limits)]

    def _limits(self, running: Iterable[Migration]) -> dict[str, int]:
        """The strictest limit that any running migration sets for a server,
        and what the server itself has taught us."""
        now = time.monotonic()
        self._ceilings = {key: each for key, each in self._ceilings.items() if now < each[1] + _LESSON_SECONDS}
        limits = {key: ceiling for key, (ceiling, _) in self._ceilings.items()}
        for each in running:
            for server in (each.source, each.destination):
                limits[server.key] = min(limits.get(server.key, server.max_connections), server.max_connections)
        return limits

    # Running

    def _start(self, wish: Wish, migration: Migration, check: bool) -> None:
        work = self._remembered.get(wish.account_id)
        with self._tools.database.read() as connection:
            account = accounts.get(connection, wish.account_id)
            logins = accounts.logins(connection, wish.account_id, migration, self._vault)
            proven_for = progress.proven_for(connection, wish.account_id)
            rules_now = rules.listing(connection, migration.id, wish.account_id)
            pace = progress.pace(connection, wish.account_id)
        if work is None:
            work = self._remembered[wish.account_id] = Work(account, migration, *logins, pace=PaceMeter(pace))
            work.worked_at = time.time()
        work.migration, work.source_login, work.destination_login = migration, *logins
        work.account, work.rules = account, rules_now
        if work.rests is not None:
            what, since = work.rests
            work.pace.wait(what, time.monotonic() - since)
            work.rests = None
        work.worked_before = proven_for == work.pair
        run = self._runs[wish.account_id] = _Run(work, _servers(migration), wish.asked, check)
        self._due.pop(wish.account_id, None)
        task = asyncio.create_task(self._account(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _account(self, run: _Run) -> None:
        """One run of one account, from the first connection to what it means."""
        work = run.work
        account_id = work.account.id
        try:
            before = work.account.pass_number
            work.account = await self._write(lambda connection: _begin(connection, account_id))
            if work.account.pass_number != before:
                work.pace.reset()
            error: MailError | None = None
            try:
                task = AccountRun(work, self._tools, run.stop)
                await self._bridge.run(f"account-{account_id}", task.check if run.check else task.run)
            except MailError as raised:
                error = raised
            await self._end(run, error)
        except NotFound:
            pass  # deleted while it ran: there is nobody to tell
        except Exception as fatal:  # noqa: BLE001 - outermost: the store is gone or we have a bug, and the engine must end
            self._fatal = fatal
        finally:
            del self._runs[account_id]
            self._wake.set()

    async def _end(self, run: _Run, error: MailError | None) -> None:
        """What the end of a run means, written in one transaction."""
        work, account_id = run.work, run.work.account.id
        stopped = run.stop.is_set()
        unfinished = (run.check or stopped) if error is None else (error.retry and stopped)
        if unfinished:
            state, detail = AccountState.WAITING, ""
        elif error is None:
            state, detail = AccountState.DONE, _lost_flags(work)
        else:
            state, detail = self._after(run, error)
            work.tries += 1
        if state is AccountState.THROTTLED:
            work.rests = (Wait.THROTTLED, time.monotonic())
        elif state is AccountState.PAUSED or run.stop.is_set():
            work.rests = (Wait.PAUSED, time.monotonic())
        ended = await self._write(lambda connection: _record_end(connection, run, (state, detail), error, unfinished))
        if ended:
            self._remembered.pop(account_id, None)

    def _after(self, run: _Run, error: MailError) -> tuple[AccountState, str]:
        """State and sentence after an error; a wait is noted."""
        work = run.work
        decision = decide(error, work.tries, time.time() - work.worked_at, work.worked_before)
        # A mailbox that is refused again and again has too many clients of its own: that is no lesson about the server.
        if isinstance(error, TooManyConnections) and error.server and not work.tries:
            using = sum(other.servers.count(error.server) for other in self._runs.values())
            ceiling, _ = self._ceilings.get(error.server, (using, 0.0))
            lowest = run.servers.count(error.server)  # with fewer, nothing would ever run again
            self._ceilings[error.server] = max(lowest, min(ceiling, using) - 1), time.monotonic()
        detail = error.sentence
        if decision.wait is not None:
            self._due[work.account.id] = time.monotonic() + decision.wait
            if decision.wait >= 1:
                clock = time.strftime("%H:%M:%S", time.localtime(time.time() + decision.wait))
                detail += f" Tried again at {clock}."
        return decision.state, detail

    # Writing

    async def _save(self) -> None:
        """The numbers of everything that runs, and the heartbeat, in one transaction."""
        runs = [(run.work, run.work.pace.rates()) for run in self._runs.values()]
        status = EngineStatus(
            running=True,
            pid=getpid(),
            host=platform.node(),
            connections=2 * len(runs),
            rate_messages=sum(rates[0] for _, rates in runs),
            rate_bytes=sum(rates[1] for _, rates in runs),
        )

        def save(connection: Transaction) -> None:
            for work, rates in runs:
                _save_numbers(connection, work, rates)
            progress.beat(connection, status)

        await self._write(save)

    async def _write(self, operation: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self._tools.write(operation))


def _servers(migration: Migration) -> tuple[str, str]:
    return migration.source.key, migration.destination.key


def _begin(connection: Transaction, account_id: int) -> Account:
    """The account is being worked on. A pass that was broken off is gone on with,
    a finished one makes room for the next."""
    account = accounts.get(connection, account_id)
    if account.started_at is None or account.finished_at is not None:
        progress.begin_pass(connection, account_id, time.time())
        journal.forget_replaced(connection, account_id)  # asking for another pass is the admin's answer to it
    accounts.set_state(connection, account_id, AccountState.CHECKING)
    return accounts.get(connection, account_id)


def _record_end(
    connection: Transaction, run: _Run, outcome: tuple[AccountState, str], error: MailError | None, unfinished: bool
) -> bool:
    """Numbers, state, failure and event of a run that is over. True when nothing more is to be done for the account."""
    work, account_id = run.work, run.work.account.id
    state, detail = outcome
    if state is AccountState.FAILED:
        work.tally.fail_all()
    _save_numbers(connection, work, (0.0, 0.0))
    if unfinished:
        accounts.set_state(connection, account_id, state)
        return False
    if error is not None and (state.ended or state is AccountState.PAUSED):
        events.record_failure(connection, account_failure(account_id, error))
    if state is AccountState.DONE and events.failures(connection, account_id=account_id):
        state = AccountState.DONE_WITH_FAILURES
    if state.ended:
        progress.end_pass(connection, account_id, time.time())
    if state is AccountState.PAUSED:
        accounts.want(connection, [account_id], Wanted.PAUSE)
    what = _sentence(work, state, error)
    events.add(connection, "engine", what, migration_id=work.migration.id, account_id=account_id)
    if state.ended and accounts.asked(connection, account_id) != run.asked:
        state, detail = AccountState.WAITING, ""  # the admin has asked for another pass meanwhile
    accounts.set_state(connection, account_id, state, detail, error.server_words if error else "")
    return state.ended


def _save_numbers(connection: Transaction, work: Work, rates: tuple[float, float]) -> None:
    """How far an account is, with what the admin has skipped since its folders were opened."""
    account_id = work.account.id
    work.tally.exclude(events.skipped(connection, account_id))
    progress.save_account(connection, account_id, work.tally.total(), rates)
    progress.save_folders(connection, work.tally.folders())
    progress.save_pace(connection, account_id, work.pace.pace())


def _sentence(work: Work, state: AccountState, error: MailError | None) -> str:
    if error is not None:
        return f"{work.account.source_user}: {state}. {error.sentence}"
    numbers = work.tally.total().counts.equation
    return f"{work.account.source_user}: {state}. {numbers}. {_lost_flags(work)}".rstrip()


def _lost_flags(work: Work) -> str:
    """What the destination could not keep of the flags in this pass; empty when it kept all."""
    lost = work.dropped_flags
    if not lost:
        return ""
    shown = ", ".join(f"{flag} on {count}" for flag, count in lost.most_common(_SHOWN_FLAGS))
    more = f" and {len(lost) - _SHOWN_FLAGS} others" if len(lost) > _SHOWN_FLAGS else ""
    return f"Flags the destination cannot keep: {shown}{more}."
