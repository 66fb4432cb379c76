"""A report as one HTML page that needs nothing else: no script, nothing from elsewhere, readable printed.

Names of folders and words of servers come from strangers: all text goes through `text`, and the page's own policy
forbids scripts besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tui_migrate.model import Account, AccountState, Counts, Failure, Migration, Pass, PassTotals
from tui_migrate.model.figures import size
from tui_migrate.model.moments import duration, moment
from tui_migrate.report.book import COUNTS, AccountEntry, Book, numbers, seconds
from tui_migrate.report.markup import Value, speed, table, text
from tui_migrate.report.reasons import MOST, Reason, reasons

_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_COUNTS = tuple(f"#{each}" for each in COUNTS)
_MOVED = ("#Moved in all passes", "#Bytes moved")
_TIMES = ("Began", "Took", "Copied per second")
_MARKS = {AccountState.DONE: "good", AccountState.DONE_WITH_FAILURES: "bad", AccountState.FAILED: "bad"}


def page(book: Book) -> Iterator[str]:
    """The page of a migration, piece by piece."""
    yield from _head(book)
    yield from _totals(book)
    yield from _rounds(book)
    yield from _accounts(book)
    yield from _failures(book)
    yield from _remarks(book)
    yield from _details(book)
    yield "</main></body></html>\n"


def _route(migration: Migration) -> str:
    return f"From {migration.source.key} to {migration.destination.key}"


def _head(book: Book) -> Iterator[str]:
    title, migration = text(book.title), book.overview.migration
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE.read_text('utf-8')}</style></head>\n<body><main>\n<h1>{title}</h1>\n"
        f'<p class="quiet">{text(_route(migration))}. As it was on {moment(book.written_at)}.</p>\n'
    )
    if lost := migration.source.kind.not_carried:
        yield f"<p>{text(migration.source.kind.label)}: {text(lost)}.</p>\n"


def _totals(book: Book) -> Iterator[str]:
    overview, states = book.overview, Counter(each.state for each in book.accounts)
    told = ", ".join(f"{states[state]:,} {state}" for state in AccountState if states[state])
    facts = (
        ("Accounts", f"{len(book.accounts):,}" + (f": {told}" if told else "")),
        ("Open failures", f"{overview.failures:,}"),
        ("Moved in all passes", str(overview.moved)),
    )
    yield f'<h2>Total</h2>\n<p class="equation">{text(overview.counts.equation)}</p>\n'
    yield '<p class="quiet">Messages, in the last pass of each account.</p>\n'
    yield "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in facts) + "</dl>\n"


def _rounds(book: Book) -> Iterator[str]:
    yield "<h2>Passes</h2>\n"
    headings = ("#Pass", "#Accounts", *_COUNTS, "#Bytes copied", *_TIMES)
    yield from table("passes", headings, map(_round, book.rounds))


def _round(each: PassTotals) -> list[Value]:
    took = seconds(each.began, each.ended)
    return [
        *(each.number, each.accounts, *numbers(each.counts), size(each.bytes_copied)),
        *(moment(each.began), duration(took), speed(each.counts.copied, each.bytes_copied, took)),
    ]


def _accounts(book: Book) -> Iterator[str]:
    yield "<h2>Accounts</h2>\n"
    headings = ("Source", "Destination", "State", *_COUNTS, "#Bytes copied", *_MOVED, "#Failures", *_TIMES)
    overview, moved = book.overview, book.overview.moved
    total: list[Value] = ["Total", "", "", *numbers(overview.counts), size(overview.bytes_copied)]
    total += [moved.messages, size(moved.bytes)]
    rows = (_account(each, book.failure_counts.get(each.id, 0)) for each in book.accounts)
    yield from table("accounts", headings, rows, [*total, overview.failures, "", "", ""])


def _account(account: Account, failures: int) -> list[Value]:
    took = seconds(account.started_at, account.finished_at)
    return [
        *(account.source_user, account.destination_user, account.state),
        *(*numbers(account.counts), size(account.bytes_copied), account.moved.messages, size(account.moved.bytes)),
        failures,
        *(moment(account.started_at), duration(took), speed(account.counts.copied, account.bytes_copied, took)),
    ]


def _failures(book: Book) -> Iterator[str]:
    yield "<h2>Failures</h2>\n"
    found = reasons(book.failures())
    if not found:
        yield '<p class="good">None.</p>\n'
    for reason in found:
        yield from _reason(reason, book.subjects)


def _reason(reason: Reason, subjects: bool) -> Iterator[str]:
    first = reason.newest
    yield f'<details open><summary><b class="bad">{reason.number:,} × {text(first.kind)}</b> '
    yield f"{text(first.sentence)}</summary>\n"
    if first.server_words:
        yield f"<p>Verbatim: <code>{text(first.server_words)}</code></p>\n"
    if first.advice:
        yield f"<p>{text(first.advice)}</p>\n"
    more = ("Subject",) if subjects else ()
    headings = ("Account", "Folder", "UID", "#Size", "Date", "Message-ID", *more, "#Attempts", "Last tried")
    yield from table("failures", headings, (_failure(each, subjects) for each in reason.shown))
    if reason.number > len(reason.shown):
        left = reason.number - len(reason.shown)
        yield f'<p class="quiet">The last {MOST:,}; {left:,} more are in failures.csv.</p>\n'
    yield "</details>\n"


def _failure(failure: Failure, subjects: bool) -> list[Value]:
    uid = str(failure.uid) if failure.uid is not None else ""
    octets = size(failure.size) if failure.size is not None else ""
    more = [failure.subject] if subjects else []
    message = [failure.account, failure.folder, uid, octets, failure.date, failure.message_id, *more]
    return [*message, failure.attempts, moment(failure.last_at)]


def _remarks(book: Book) -> Iterator[str]:
    found = [*book.remarks()]
    if not found:
        return
    yield "<h2>Not as it was, and no failure</h2>\n"
    rows: list[list[Value]] = [
        [each.account, each.kind, each.folder, each.what, each.messages] for each in found[:MOST]
    ]
    yield from table("remarks", ("Account", "Kind", "Folder", "What", "#Messages"), rows)
    if len(found) > MOST:
        yield f'<p class="quiet">{len(found) - MOST:,} more are in remarks.csv.</p>\n'


def _details(book: Book) -> Iterator[str]:
    yield "<h2>Folders</h2>\n"
    yield '<p class="quiet screen">Click an account to open it; what is open is printed.</p>\n'
    for entry in book.entries():
        yield from _one(entry)


def _one(entry: AccountEntry) -> Iterator[str]:
    account = entry.account
    yield f"<details><summary><b>{text(account.source_user)}</b> → {text(account.destination_user)} "
    yield f'<span class="{_MARKS.get(account.state, "")}">{text(account.state)}</span></summary>\n'
    yield f"<p>{text(account.counts.equation)}. Moved in all passes: {text(str(account.moved))}.</p>\n"
    yield from (f"<p>{text(words)}</p>\n" for words in (account.detail, account.server_words) if words)
    rows: list[list[Value]] = [
        [each.source_name, each.destination_name, *numbers(each.counts), size(each.bytes_copied)]
        for each in entry.folders
    ]
    if entry.left_behind:
        left = Counts(listed=entry.left_behind, excluded=entry.left_behind)
        rows.append(["(excluded folders)", "", *numbers(left), ""])
    if rows:
        yield from table("folders", ("Folder", "At the destination", *_COUNTS, "#Bytes copied"), rows)
    if len(entry.passes) > 1:
        yield from table(
            "account-passes", ("#Pass", "State", *_COUNTS, "#Bytes copied", *_TIMES), map(_pass, entry.passes)
        )
    yield "</details>\n"


def _pass(each: Pass) -> list[Value]:
    took = seconds(each.began, each.ended)
    return [
        *(each.number, each.state or "goes on", *numbers(each.counts), size(each.bytes_copied)),
        *(moment(each.began), duration(took), speed(each.counts.copied, each.bytes_copied, took)),
    ]
