"""`tui-migrate mails`: what has become of the mail to users, and the word that lets it go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tui_migrate.cli.chosen import chosen
from tui_migrate.cli.output import say, say_all, say_json
from tui_migrate.model import Migration, Notice, NoticeState
from tui_migrate.model.moments import minute
from tui_migrate.service import Service


def carry_out(service: Service, migration: str | None, *, release: bool, retry: bool, as_json: bool) -> None:
    """Release, retry, or show the notices of this migration, or of all. Raises BadInput for one that there is not."""
    found = [each for each, _ in chosen(service, migration, ())]
    for each in found:
        if release:
            _tell(each, service.notices.release(each.id), "is held", as_json)
        if retry:
            _tell(each, service.notices.retry(each.id), "has failed", as_json)
    if as_json:
        say_json([_json(service, each) for each in found])
    elif not release and not retry:
        say_all(line for each in found for line in _lines(service, each))


def tally(counts: Counter[NoticeState]) -> str:
    """`3 held, 12 sent`; empty when there are no notices."""
    return ", ".join(f"{counts[state]:,} {state}" for state in NoticeState if counts[state])


def left_over(service: Service, migration_id: int) -> str:
    """What a run in the foreground says of the mail to users when it ends; empty when there was none."""
    counts = service.notices.counts(migration_id)
    if not counts:
        return ""
    hints = {
        NoticeState.HELD: "tui-migrate mails --release sends what is held.",
        NoticeState.DUE: "What is due is tried again by the background engine (tui-migrate engine).",
        NoticeState.FAILED: "tui-migrate mails says why.",
        NoticeState.IN_DOUBT: "tui-migrate mails says why.",
    }
    said = dict.fromkeys(hint for state, hint in hints.items() if counts[state])
    return " ".join([f"Mail to users: {tally(counts)}.", *said])


def _tell(migration: Migration, number: int, nothing: str, quiet: bool) -> None:
    if not quiet:
        mails = "1 mail is" if number == 1 else f"{number:,} mails are"
        say(f"{migration.title}: {f'{mails} sent now' if number else f'no mail {nothing}'}.")


def _lines(service: Service, migration: Migration) -> Iterable[str]:
    found = service.notices.listing(migration.id)
    counts = Counter(each.state for each in found)
    off = "" if migration.notices else "off; "
    yield f"{migration.title}: mail to users: {off}{tally(counts) or 'none yet'}"
    for each in found:
        due = f", tried again at {minute(each.due_at)}" if each.state is NoticeState.DUE and each.attempts else ""
        error = f": {each.last_error}" if each.last_error else ""
        yield f"  {minute(each.at)}  {each.state}  {_who(each)}{due}{error}"


def _who(each: Notice) -> str:
    return (each.recipient or "no address") + (" (summary)" if each.account_id is None else "")


def _json(service: Service, migration: Migration) -> dict[str, object]:
    users = {each.id: each.source_user for each in service.accounts.listing(migration.id)}
    return {
        "migration": migration.title,
        "on": migration.notices is not None,
        "mails": [
            {
                "account": users.get(each.account_id) if each.account_id is not None else None,
                "kind": each.kind,
                "recipient": each.recipient,
                "state": each.state,
                "attempts": each.attempts,
                "last_error": each.last_error,
                "at": each.at,
                "due_at": (each.due_at or each.at) if each.state is NoticeState.DUE else None,
            }
            for each in service.notices.listing(migration.id)
        ],
    }
