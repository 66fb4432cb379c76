"""`tui-migrate check`: what stands in the way of each account before it starts, as a table or as JSON."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from tui_migrate.cli.chosen import chosen
from tui_migrate.cli.output import say, say_all, say_json, show, speaker
from tui_migrate.errors import Outlook
from tui_migrate.model import Check, CheckItem, Migration, Verdict
from tui_migrate.model.figures import size
from tui_migrate.model.moments import duration
from tui_migrate.service import Service
from tui_migrate.service.checks import Checked, Checking

FIT, NOT_FIT = 0, 1
_LOOK_SECONDS = 0.5
_UNKNOWN = "-"
_WORDS = {Verdict.PASSED: "ok", Verdict.WARNED: "warning", Verdict.FAILED: "NO", Verdict.UNKNOWN: _UNKNOWN}
_HEADINGS = ("account", "source", "dest.", "messages", "size", "quota", "too large", "folders", "time")
_LEFT = 3
"""Columns of words, aligned to the left."""

Found = Sequence[tuple[Migration, Sequence[Checked]]]


def carry_out(service: Service, title: str | None, *, accounts: Sequence[str], as_json: bool) -> int:
    """Check, show, and return the exit code. Raises BadInput for a migration or an account that there is not."""
    wanted = chosen(service, title, accounts)
    checking = service.checks.begin([each.id for _, some in wanted for each in some])
    try:
        _wait(checking)
    finally:
        checking.stop()
    reports = {report.account.id: report for report in checking.reports}
    found = [(migration, [reports[each.id] for each in some if each.id in reports]) for migration, some in wanted]
    fit = len(reports) == len(checking.accounts) and all(_fits(each) for each in reports.values())
    if as_json:
        say_json(_for_programs(service, found, fit))
    else:
        say_all(_for_people(service, found))
    if checking.halted is not None:
        left = len(checking.accounts) - len(reports)
        halted = checking.halted
        say(f"{left:,} not checked: {halted.sentence} {halted.advise(Outlook.SEEN)}", err=True)
    return FIT if fit else NOT_FIT


def let_start(service: Service, title: str | None, users: Sequence[str]) -> int:
    """Let these accounts start all the same. Raises BadInput for a migration or an account that there is not."""
    wanted = chosen(service, title, users)
    waived = {each.id for each in service.checks.waive([each.id for _, some in wanted for each in some])}
    for migration, some in wanted:
        for account in some:
            said = "waived, it may start" if account.id in waived else "nothing holds it back"
            say(f"{migration.title}: {account.source_user}: {said}.")
    return FIT


def _fits(report: Checked) -> bool:
    return report.check is not None and report.check.passes


def _wait(checking: Checking) -> None:
    """Wait until all accounts are checked, and show on a terminal how far the check is."""
    live = sys.stderr.isatty()
    while not checking.wait(_LOOK_SECONDS if live else None):
        where = f": {checking.reading[0].account} {checking.reading[0].folder}" if checking.reading else ""
        line = f"{len(checking.reports)}/{len(checking.accounts)} accounts checked{where}"
        show(line[: shutil.get_terminal_size().columns - 1], err=True)
    if live:
        show("", err=True)


# For people


def _for_people(service: Service, found: Found) -> Iterator[str]:
    for migration, reports in found:
        yield f"{migration.title}: {migration.source.place} to {migration.destination.place}"
        if lost := migration.source.kind.not_carried:
            yield f"  {migration.source.kind.label}: {lost}."
        in_order = sorted(reports, key=_urgency)
        rows = [_HEADINGS, *(_cells(each) for each in in_order)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
        for row in rows:
            cells = (
                cell.ljust(width) if number < _LEFT else cell.rjust(width)
                for number, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            yield "  " + "  ".join(cells).rstrip()
        for each in in_order:
            yield from _words(each)
        checks = [each.check for each in reports if each.check]
        yield f"  {_sum(checks)}{_all_in(service.checks.time_of_all(migration, checks), checks)}"


def _urgency(report: Checked) -> tuple[bool, bool]:
    check = report.check
    quiet = check is not None and not any(each.verdict is Verdict.WARNED for each in check.results)
    return _fits(report), quiet


def _cells(report: Checked) -> tuple[str, ...]:
    check, user = report.check, report.account.source_user
    if check is None:
        return (user, *[_UNKNOWN] * (len(_HEADINGS) - 1))
    word = {each.item: _WORDS[each.verdict] for each in check.results}
    load, seconds = check.load, check.seconds
    return (
        user,
        word[CheckItem.SOURCE_LOGIN],
        word[CheckItem.DESTINATION_LOGIN],
        f"{load.messages:,}" if load else _UNKNOWN,
        size(load.octets) if load else _UNKNOWN,
        word[CheckItem.QUOTA],
        _UNKNOWN if check.too_large is None else f"{check.too_large:,}",
        f"{check.folders:,}" if check.result(CheckItem.FOLDERS).verdict is not Verdict.UNKNOWN else _UNKNOWN,
        _UNKNOWN if seconds is None else duration(seconds),
    )


def _words(report: Checked) -> Iterator[str]:
    user, check = report.account.source_user, report.check
    if check is None:
        yield f"  {user}: not checked: {report.error.sentence if report.error else ''}"
        return
    for each in check.results:
        untried = each.item.is_login and each.verdict is Verdict.UNKNOWN
        if untried or each.verdict in (Verdict.FAILED, Verdict.WARNED):
            waived = " (waived)" if each.verdict is Verdict.FAILED and not check.refusal else ""
            yield f"  {user}: {each.item}{waived}: {each.sentence}"
            yield from ([f"    {speaker(each.error)}: {each.server_words}"] if each.server_words else [])
            yield from ([f"    {each.advice}"] if each.advice else [])
    if check.refusal:
        yield f"  {user}: will not be started; tui-migrate check --waive {user} lets it start all the same."


def _sum(checks: Sequence[Check]) -> str:
    loads = [each.load for each in checks if each.load]
    held = sum(bool(each.refusal) for each in checks)
    numbers = f"{sum(each.missing_messages for each in loads):,} messages, {size(sum(e.missing_octets for e in loads))}"
    uncounted = len(checks) - len(loads)
    rest = f", without {uncounted:,} that could not be counted" if uncounted else ""
    return f"{len(checks):,} checked, {held:,} held back; {numbers} to copy{rest}"


def _all_in(seconds: float | None, checks: Sequence[Check]) -> str:
    """How long all accounts take and what that is reckoned from, or why it is not known; the end of a line."""
    if seconds is not None:
        basis = next((each.basis for each in checks if each.seconds and each.basis), "")
        return f", about {duration(seconds)} at the speed of {basis or 'latest passes'}"
    reason = next((each.basis for each in checks if each.seconds is None and each.basis), "")
    return f"; how long is not known: {reason}" if reason else ""


# For programs


def _for_programs(service: Service, found: Found, fit: bool) -> dict[str, object]:
    times = {m.id: service.checks.time_of_all(m, [each.check for each in some if each.check]) for m, some in found}
    return {
        "fit": fit,
        "migrations": [
            {"title": migration.title, "seconds": times[migration.id], "accounts": [_account(each) for each in some]}
            for migration, some in found
        ],
    }


def _account(report: Checked) -> dict[str, object]:
    check = report.check
    told: dict[str, object] = {
        "source_user": report.account.source_user,
        "destination_user": report.account.destination_user,
        "fit": _fits(report),
        "error": report.error.sentence if report.error else None,
    }
    if check is None:
        return told
    numbers = asdict(check.load) if check.load else None
    return {
        **told,
        "held_back": bool(check.refusal),
        "waived_by": check.waived_by or None,
        "load": numbers,
        "free": check.free,
        "too_large": check.too_large,
        "folders": check.folders,
        "seconds": check.seconds,
        "basis": check.basis or None,
        "results": [asdict(each) for each in check.results],
    }
