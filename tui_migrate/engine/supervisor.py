"""The supervisor decides who runs, when, and what an ended run means. It never touches a socket;
transfer threads do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from tui_migrate.engine.assigning import assigned, resumed
from tui_migrate.engine.bridge import Bridge
from tui_migrate.engine.copying.account_run import AccountRun
from tui_migrate.engine.copying.allowance import day_limits
from tui_migrate.engine.copying.attempts import RunState
from tui_migrate.engine.copying.throttle import rates as server_rates
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.engine.faults import report
from tui_migrate.engine.log import name_of, speaking_of
from tui_migrate.engine.notifier import Notifier, doubt
from tui_migrate.engine.outcome import (
    Outcome,
    begin,
    record_end,
    record_fault,
    say_what_begins,
    turn_away,
)
from tui_migrate.engine.saving import save_all
from tui_migrate.engine.traces import Traces
from tui_migrate.engine.turns import descriptors
from tui_migrate.engine.turns.admission import WaitingAccount, admit, free
from tui_migrate.engine.turns.ceilings import admin_limits
from tui_migrate.engine.turns.lane_trial import LaneTrial
from tui_migrate.engine.turns.look import Look, first_ready, look
from tui_migrate.engine.turns.rests import find_rests
from tui_migrate.engine.turns.retry import Decision, decide, explain, stuck
from tui_migrate.engine.turns.sharing import ConnectionSharing, Run, busy
from tui_migrate.engine.turns.timetable import Hold, hold, rest_after
from tui_migrate.errors import LoginRefused, MailError, NotFound, StoreUnusable, TooManyConnections
from tui_migrate.model import AccountState, Login, Migration, Wait, Wanted
from tui_migrate.model.presence import AGAIN
from tui_migrate.model.wishes import Wish
from tui_migrate.store import accounts, events, looks, migrations, schedules
from tui_migrate.store.database import Transaction
from tui_migrate.store.vault import Vault

_LOG = logging.getLogger(__name__)

T = TypeVar("T")


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
        self._runs: dict[int, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._remembered: dict[int, Work] = {}
        self._said: Mapping[int, Hold] = {}
        """Why migrations are held back, as their accounts were last told."""
        self._sharing = ConnectionSharing(descriptors.connections(), tools.timing.lesson)
        self._notifier = Notifier(tools, vault, only)
        self._traces = Traces(Path(tools.files.log.baseFilename).parent)
        self._fatal: BaseException | None = None

    def stop(self) -> None:
        """Finish what is in flight and end."""
        self._stopping = True
        self._notifier.stop()
        for run in self._runs.values():
            run.stop.set()
        self._wake.set()

    async def run(self, until_idle: bool) -> None:
        """Work until stopped, or until nothing is left that the admin wants."""
        try:
            await self._write(accounts.forget_activity)
            await self._write(doubt)
            await self._write(self._say_what_is_short)
            await self._work(until_idle)
        finally:
            self.stop()
            if tasks := self._tasks | self._notifier.tasks:
                await asyncio.wait(tasks)  # their threads must not outlive the store's writer
            self._traces.close()
        if self._fatal is not None:
            raise self._fatal
        for task in self._notifier.tasks:
            task.result()

    def _say_what_is_short(self, connection: Transaction) -> None:
        """Few open files are no error, and nobody would think of them when few accounts run at once."""
        limits = admin_limits(m for m in migrations.listing(connection, self._vault) if m.wanted is Wanted.RUN)
        if sum(limits.values()) > descriptors.connections():
            events.add(connection, "engine", descriptors.shortage(), migration_id=self._only)

    async def _work(self, until_idle: bool) -> None:
        saved = 0.0
        while self._fatal is None:
            self._wake.clear()
            idle = await self._tick()
            if idle or time.monotonic() - saved >= self._tools.timing.save:
                saved = time.monotonic()
                await self._save()
            if not self._runs and (self._stopping or (idle and until_idle)):
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._tools.timing.tick)

    # Deciding

    async def _tick(self) -> bool:
        """Carry out the admin's wishes. True when none is left."""
        final_passes = await self._ask_final_passes()
        asked = {*self._runs, *self._remembered}
        with self._tools.database.read() as connection:
            seen = look(connection, self._vault, self._only, asked, self._tools.clocks.steady())
        now = self._tools.clocks.wall()
        running = [each for each in seen.known.values() if each.wanted is Wanted.RUN]
        holds = {each.id: held for each in running if (held := hold(each, now))}
        self._traces.adopt(seen.traced)
        if away := [account_id for account_id in seen.refused if account_id not in self._runs]:
            await self._write(lambda connection: turn_away(connection, away, seen.known, now))
        self._heed(seen, holds)
        used_up = self._used_up(seen, now)
        changed = await self._let_rest(seen, holds, used_up)
        self._tools.servers.throttles.adopt(server_rates(self._concerned(seen.open, seen.known)))
        if not self._stopping:
            ready = self._ready(seen, (seen.waiting | changed) - holds.keys(), {*self._runs, *used_up})
            for wish, check in self._next(ready, seen.known):
                try:
                    self._start(wish, seen.known[wish.migration_id], check)
                except Exception as fault:  # noqa: BLE001 - what is stored of it cannot be read, or it has just been deleted
                    await self._break(wish.account_id, wish.migration_id, fault)
            kept_out = [each for each in ready if each.account_id not in self._runs]
            candidates = [WaitingAccount(each.account_id, _servers(seen.known[each.migration_id])) for each in kept_out]
            concerned = self._concerned({each.migration_id for each in kept_out}, seen.known)
            in_order = [self._runs[each] for each in self._in_order(seen)]
            self._sharing.spread(in_order, candidates, concerned)
        notifying = self._notifier.look(self._bridge)
        return not (seen.open or self._runs or final_passes or away or notifying)

    def _heed(self, seen: Look, holds: Mapping[int, Hold]) -> None:
        """Have what runs know how its migration is set, and stop what is not to run."""
        for account_id, run in self._runs.items():
            wish = seen.wishes.get(account_id)
            if wish is not None:
                run.work.adopt(seen.known[wish.migration_id])
            run.work.result.allowance.adopt(day_limits(run.work.migration))
            run.held = run.work.migration.id in holds
            if run.held or wish is None or not wish.runs:
                run.stop.set()

    async def _let_rest(self, seen: Look, holds: Mapping[int, Hold], used_up: Mapping[int, Hold]) -> set[int]:
        """Have accounts that hold no connections say what they wait for. Returns the migrations of which some do no
        more."""
        rests = find_rests(seen, holds, self._said, used_up)
        self._said = holds
        if rests:
            rests.tell()
            await self._write(rests.write)
        return rests.migrations

    def _used_up(self, seen: Look, now: float) -> dict[int, Hold]:
        """What holds accounts back that have moved all they may in a day."""
        found = {}
        for account_id, work in self._remembered.items():
            if account_id in seen.wishes and account_id not in self._runs:
                work.result.allowance.adopt(day_limits(seen.known[seen.wishes[account_id].migration_id]))
                if error := work.result.allowance.spent():
                    found[account_id] = rest_after(error, error.seconds or 0.0, now)
        return found

    async def _ask_final_passes(self) -> bool:
        """Ask for the final passes whose time has come. True when others are still to come: the engine is needed
        then."""
        with self._tools.database.read() as connection:
            ahead = looks.engine.final_passes(connection)
        ahead = {key: at for key, at in ahead.items() if self._only in (None, key)}
        for migration_id in [key for key, at in ahead.items() if at <= self._tools.clocks.wall()]:
            del ahead[migration_id]
            await self._write(partial(schedules.ask_final_pass, migration_id=migration_id))
        return bool(ahead)

    def _ready(self, seen: Look, migration_ids: set[int], skip: set[int]) -> list[Wish]:
        """The accounts of these migrations that could start, as many as there is room for, in the order of their turns;
        and as many of those whose logins nobody has proven."""
        holders = Counter(key for run in self._runs.values() for key in run.servers)
        limits = self._sharing.limits(self._concerned(migration_ids, seen.known))

        def ready(wishes: list[Wish]) -> list[Wish]:
            return self._one_for_each_mailbox([each for each in wishes if each.account_id not in skip], seen.known)

        found: list[Wish] = []
        now = self._tools.clocks.steady()
        with self._tools.database.read() as connection:
            for migration_id in migration_ids:
                if room := free(_servers(seen.known[migration_id]), holders, limits):
                    found += first_ready(connection, migration_id, now, room, room + len(skip), ready)
        return ready(sorted(found, key=lambda wish: wish.turn))

    def _next(self, ready: list[Wish], known: Mapping[int, Migration]) -> list[tuple[Wish, bool]]:
        """Who starts now, and whether for a check only.

        Accounts that cannot all start at once are proven first, all of them: seven wrong passwords among five hundred
        are wanted in the first minute, not in the last hour. Those that can start prove their logins by starting.
        """
        unproven = [wish for wish in ready if not wish.proven]
        admitted = self._admitted(ready, known)
        if sum(not wish.proven for wish in admitted) == len(unproven):
            return [(wish, False) for wish in admitted]
        first_the_unproven = sorted(ready, key=lambda wish: wish.proven)
        return [(wish, not wish.proven) for wish in self._admitted(first_the_unproven, known)]

    def _one_for_each_mailbox(self, wishes: list[Wish], known: Mapping[int, Migration]) -> list[Wish]:
        """Accounts that fill one mailbox take turns: what one has on its way the others would take for mail that lies
        there."""
        runs = self._runs.values()
        filled = {(run.work.migration.destination.key, run.work.account.destination_user) for run in runs}
        free = []
        for wish in wishes:
            mailbox = known[wish.migration_id].destination.key, wish.destination_user
            if mailbox not in filled:
                filled.add(mailbox)
                free.append(wish)
        return free

    def _admitted(self, wishes: list[Wish], known: Mapping[int, Migration]) -> list[Wish]:
        waiting = {wish.account_id: wish for wish in wishes}
        candidates = [WaitingAccount(key, _servers(known[wish.migration_id])) for key, wish in waiting.items()]
        limits = self._sharing.limits(self._concerned({wish.migration_id for wish in wishes}, known))
        return [waiting[account_id] for account_id in admit(candidates, busy(self._runs.values()), limits)]

    def _in_order(self, seen: Look) -> list[int]:
        """What runs, those first that come first; what has just begun comes last."""
        return [*(each for each in seen.wishes if each in self._runs), *(self._runs.keys() - seen.wishes.keys())]

    def _concerned(self, migration_ids: Iterable[int], known: Mapping[int, Migration]) -> list[Migration]:
        """These migrations, and those of the accounts that run."""
        concerned = {migration_id: known[migration_id] for migration_id in migration_ids}
        concerned |= {run.work.migration.id: run.work.migration for run in self._runs.values()}
        return [*concerned.values()]

    # Running

    def _start(self, wish: Wish, migration: Migration, check: bool) -> None:
        known, tracer = self._remembered.get(wish.account_id), self._traces.of(wish.account_id)
        with self._tools.database.read() as connection:
            assignment = assigned(connection, wish.account_id, migration, self._vault, tracer, self._tools.database)
            work = known or resumed(connection, assignment, self._tools)
        if known is None:
            self._remembered[wish.account_id] = work
            work.result.allowance.adopt(day_limits(migration))
            if work.result.allowance.spent():
                return  # by an engine before this one: the next look at it says so
        work.assignment = assignment
        work.result.allowance.begin()
        if rested := work.attempts.begin():
            work.result.pace.wait(*rested)
        trial = LaneTrial(self._tools.timing.lane_trial)
        run = self._runs[wish.account_id] = Run(work, _servers(migration), wish.asked, check, trial)
        task = asyncio.create_task(self._account(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _account(self, run: Run) -> None:
        """One run of one account, from the first connection to what it means."""
        work = run.work
        account_id = work.account.id
        try:
            before = work.account.pass_number
            account = await self._write(lambda connection: begin(connection, account_id))
            work.assignment = replace(work.assignment, account=account)
            if work.account.pass_number != before:
                work.result.pace.reset()
                work.result.tally.reset()
            error: MailError | None = None
            try:
                say_what_begins(work, check=run.check)
                task = AccountRun(work, self._tools, run.stop)
                run.lanes = task.lanes
                await self._bridge.run(name_of(work.account), task.check if run.check else task.run)
                if run.fault is not None:
                    raise run.fault
            except MailError as raised:
                error = raised
            await self._end(run, error)
        except Exception as error:  # noqa: BLE001 - outermost: what nobody foresaw must not reach the other accounts
            await self._break(work.account.id, work.migration.id, error)
        finally:
            del self._runs[account_id]
            self._wake.set()

    async def _break(self, account_id: int, migration_id: int, fault: Exception) -> None:
        """What ended an account and is no mail server's doing: the store is gone, the account was deleted, or we have a
        bug."""
        if isinstance(fault, NotFound):
            return  # there is nobody to tell
        if isinstance(fault, StoreUnusable):
            self._fatal = fault
            return
        error = report(self._tools.files.log, {"who": f"account {account_id}"}, fault)
        self._remembered.pop(account_id, None)
        try:
            await self._write(lambda connection: record_fault(connection, account_id, migration_id, error))
        except NotFound:
            pass
        except Exception as fatal:  # noqa: BLE001 - not even that can be written
            self._fatal = fatal

    async def _end(self, run: Run, error: MailError | None) -> None:
        """Write down what the end of a run means, in one transaction."""
        work, account_id = run.work, run.work.account.id
        stopped = run.stop.is_set()
        unfinished = (run.check or stopped) if error is None else (error.retry and stopped)
        due_at: float | None = None
        if unfinished:
            state, detail = AccountState.WAITING, ""
        elif error is None:
            state, detail = AccountState.DONE, ""
        else:
            state, detail, due_at = self._after(run, error)
            work.attempts.failed()
        rest = Wait.THROTTLED if state is AccountState.THROTTLED else None
        if rest is None and (state is AccountState.PAUSED or run.stop.is_set()):
            rest = Wait.BLACKOUT if run.held else Wait.PAUSED
        work.attempts.rest(rest)
        outcome = Outcome(state, detail, error, unfinished, run.asked, due_at)
        additions = work.result.take_additions()
        ended = await self._write(lambda connection: record_end(connection, work, outcome, additions))
        if ended or (run.check and error is None):  # what a check has found is on record
            self._remembered.pop(account_id, None)

    def _after(self, run: Run, error: MailError) -> tuple[AccountState, str, float | None]:
        """State and sentence after an error, and when the account is tried again."""
        work = run.work
        if isinstance(error, LoginRefused) and self._logins(work) != work.assignment.logins:
            return AccountState.WAITING, "", None  # the admin has typed others meanwhile
        fruitless = time.monotonic() - work.attempts.worked_at
        decision = decide(error, work.attempts.tries, fruitless, work.assignment.worked_before, self._tools.timing)
        connected = work.attempts.state is RunState.CONNECTED
        alike = work.attempts.alike(error)
        if decision.state is AccountState.WAITING and stuck(error, alike, connected, self._tools.timing):
            decision = Decision(AccountState.FAILED, None)
            error.sentence += f" It ended so {alike} times, one after the other, with nothing copied between."
        # A mailbox that is refused again and again has too many clients of its own: that is no lesson about the server.
        if isinstance(error, TooManyConnections) and error.server and not work.attempts.tries:
            self._sharing.first_refused(run, self._runs.values(), error.server)
        again = "not tried again by itself" if decision.wait is None else f"tried again after {decision.wait:g} s"
        _LOG.info("decided: %s, %s", decision.state, again, extra=speaking_of(work.account))
        detail = explain(error, decision.state)
        if decision.state is AccountState.THROTTLED:
            detail = rest_after(
                error, decision.wait or getattr(error, "seconds", None) or 0.0, self._tools.clocks.wall()
            ).detail
        if decision.wait is None:
            return decision.state, detail, None
        if decision.wait >= 1 and decision.state is not AccountState.THROTTLED:
            clock = time.strftime("%H:%M:%S", time.localtime(self._tools.clocks.wall() + decision.wait))
            detail += f"{AGAIN}{clock}."
        return decision.state, detail, self._tools.clocks.steady() + decision.wait

    def _logins(self, work: Work) -> tuple[Login, Login]:
        """The logins of an account, as they are stored now."""
        account = work.account
        with self._tools.database.read() as connection:
            migration = migrations.get(connection, account.migration_id, self._vault)
            return accounts.logins(connection, account.id, migration, self._vault)

    # Writing

    async def _save(self) -> None:
        """Save the numbers of everything that runs, and the heartbeat."""
        runs = [*self._runs.values()]
        for run in runs:
            run.look(time.monotonic())
        await save_all(self._tools, runs, self._sharing.status(runs, self._concerned((), {})))

    async def _write(self, operation: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self._tools.write(operation))


def _servers(migration: Migration) -> tuple[str, str]:
    return migration.source.key, migration.destination.key
