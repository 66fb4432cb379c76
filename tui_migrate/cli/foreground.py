"""`tui-migrate run`: import a plan, be its engine, show progress, end with a summary that adds up."""

from __future__ import annotations

import shutil
import sys
import threading
import time

from tui_migrate.cli import reports
from tui_migrate.cli.notices import left_over
from tui_migrate.cli.output import say, say_all, show
from tui_migrate.config.plan import Plan
from tui_migrate.config.values import spell_moment
from tui_migrate.engine.main import STOPPED, run_engine
from tui_migrate.engine.process import holder
from tui_migrate.errors import LockHeld
from tui_migrate.model import AccountState, MigrationOverview
from tui_migrate.model.figures import RATE_WINDOW, message_rate, rate
from tui_migrate.service import Service
from tui_migrate.timing import USUAL, Timing

DONE, WITH_FAILURES = 0, 1
_SHOWN_FAILURES = 20
_SHOWN_REMARKS = 20
_STRICT = ", but --strict counts it as one"


def carry_out(
    service: Service, plan: Plan, timing: Timing = USUAL, *, strict: bool = False, debug: bool = False
) -> int:
    """Import a plan, be its engine until nothing is left to do, print what has come of it, and return the exit code.

    `strict`: remarks count as failures; `debug`: more goes into the log. Raises LockHeld before anything is changed
    when another engine has the store.
    """
    refuse_second(service)
    migration_id, _ = service.plans.save(plan)
    service.migrations.start(migration_id, everything=True, with_engine=False)
    with _Progress(service, migration_id):
        stopped = run_engine(service.store, only=migration_id, until_idle=True, timing=timing, debug=debug)
    overview, accounts = service.migrations.get(migration_id), service.accounts.listing(migration_id)
    say_all(reports.migration_lines(overview, accounts, engine=False))
    failures = service.failures.listing(migration_id=migration_id)
    if failures:
        say("", f"{_failures(len(failures))}:")
        say_all(reports.failure_lines(failures[:_SHOWN_FAILURES]))
        if len(failures) > _SHOWN_FAILURES:
            say(f"… and {len(failures) - _SHOWN_FAILURES} more: tui-migrate failures")
    remarks = service.passes.remarks(migration_id=migration_id)
    if remarks:
        say("", f"Not as it was, and no failure{_STRICT if strict else ''}:")
        say_all(reports.remark_lines(remarks[:_SHOWN_REMARKS]))
        if len(remarks) > _SHOWN_REMARKS:
            say(f"… and {len(remarks) - _SHOWN_REMARKS} more: tui-migrate remarks")
    if mail := left_over(service, migration_id):
        say("", mail)
    if stopped:
        say("Stopped. The same command goes on where it was.", err=True)
        return STOPPED
    all_done = all(each.state is AccountState.DONE for each in accounts) and not failures
    return DONE if all_done and not (strict and remarks) else WITH_FAILURES


def refuse_second(service: Service) -> None:
    """Raises LockHeld when another engine has the store."""
    if (pid := holder(service.store.paths.lock_file)) is not None:
        raise LockHeld(
            f"An engine works on this store already (process {pid or 'unknown'}): stop it with tui-migrate stop, "
            "or use another --data-dir."
        )


class _Progress:
    """A live line on a terminal, plain lines otherwise: what has ended, and the totals now and then."""

    _TERMINAL_SECONDS = 0.5
    _PLAIN_SECONDS = 10.0

    def __init__(self, service: Service, migration_id: int) -> None:
        self._service = service
        self._migration_id = migration_id
        self._terminal = sys.stdout.isatty()
        self._ended = threading.Event()
        self._seen = max((event.id for event in service.logs.events(migration_id=migration_id)), default=0)
        self._thread = threading.Thread(target=self._run, name="progress")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._show(last=True)

    def _run(self) -> None:
        while not self._ended.wait(self._TERMINAL_SECONDS if self._terminal else self._PLAIN_SECONDS):
            self._show(last=False)

    def _show(self, last: bool) -> None:
        events = [e for e in self._service.logs.events(migration_id=self._migration_id) if e.id > self._seen]
        for event in reversed(events):
            self._seen = event.id
            self._clear()
            say(event.what)
        if last:
            self._clear()
            return
        overview = self._service.migrations.get(self._migration_id)
        counts = overview.counts
        ended = sum(number for state, number in overview.accounts_by_state.items() if state.ended)
        line = (
            f"{ended}/{overview.accounts} accounts, {counts.settled}/{counts.listed} messages, "
            f"{message_rate(overview.rate_messages)}, {rate(overview.rate_bytes)} ({RATE_WINDOW}), "
            f"{_failures(overview.failures)}{_waits(overview)}"
        )
        if self._terminal:  # a line that wraps could not be cleared
            show(line[: shutil.get_terminal_size().columns - 1])
        else:
            say(line)

    def _clear(self) -> None:
        if self._terminal:
            show("")


def _waits(overview: MigrationOverview) -> str:
    """What a migration waits for that looks idle and is not done: the end of a line, empty where it is nothing."""
    final = overview.migration.schedule.final_pass_at
    if overview.held:
        return f", waits {overview.held}"
    return f", final pass at {spell_moment(final)}" if final is not None and final > time.time() else ""


def _failures(number: int) -> str:
    return f"{number} failure" if number == 1 else f"{number} failures"
