"""One file with all that somebody needs who is to find out what was wrong and was not there: a provider, or those who
mend this program.

What is in it is chosen, field by field; nothing is copied whole but the log and traces, which are written without
secrets and mail.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

from tui_migrate import __version__
from tui_migrate.errors import ProtocolViolation, StoreUnusable, fit_to_share, without_raw
from tui_migrate.mail.tls import openssl
from tui_migrate.model import Account, Failure, Migration, NetworkServer, Server, TokenLogin
from tui_migrate.model.declared import without_passwords
from tui_migrate.model.moments import in_utc
from tui_migrate.model.tokens import Provider
from tui_migrate.ownership import open_own
from tui_migrate.report.bundle import AccountTold, summary
from tui_migrate.service.follow import about
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, checks, events, inventory, lessons, migrations, passes, remarks
from tui_migrate.store.database import Transaction

_EVENTS = 2000
_TROUBLE = 30
"""Lines of the log that the summary shows of an account."""
_LEAST_SUBJECT = 6
"""Characters of a subject that is looked for in servers' words; a shorter one is in them by chance."""
_OFFERS = re.compile(r"\] (\S+:\d+)(?:: logged in as .*; it offers (.*)| greets: (.*))")
_TROUBLED = re.compile(r"\S+ (?:WARNING|ERROR|CRITICAL) ")


class Bundles:
    """Bundles of an open store."""

    def __init__(self, store: OpenStore) -> None:
        self._store = store

    def write(self, path: Path, account_ids: Sequence[int] = ()) -> Path:
        """Write all that is known about these accounts, or about all that have failures, into a new file that its owner
        alone may read. Returns it. Raises StoreUnusable when it is there already or cannot be written."""
        with self._store.read() as connection:
            known = {each.id: each for each in migrations.listing(connection, self._store.vault)}
            listed = [each for key in known for each in accounts.listing(connection, key)]
            failed = events.failures(connection)
            chosen = {*account_ids} or {each.account_id for each in failed}
            mine = [each for each in listed if each.id in chosen]
            users = {each.source_user for each in mine}
            failures = [each for each in failed if each.account_id in chosen]
            scrub = _Scrub(failures)
            log = [line for file in self._log_files() for line in _lines(file, set(account_ids))]
            told = [self._told(connection, each, known[each.migration_id], failures, log) for each in mine]
            what = ", ".join(each.source_user for each in mine) if account_ids else "all accounts with failures"
            concerned = [
                each for each in known.values() if not account_ids or each.id in {a.migration_id for a in mine}
            ]
            members: dict[str, Iterable[str]] = {
                "SUMMARY.txt": [summary(__version__, what, [_clean(each) for each in told])],
                "versions.txt": _versions(connection),
                "settings.json": _json([_migration(each) for each in concerned]),
                "accounts.json": _json([_account(connection, each) for each in told]),
                "failures.json": _json([_failure(each) for each in failures]),
                "events.txt": _events(connection, mine if account_ids else (), {a.source_user for a in listed} - users),
                "remarks.json": _json([vars_of(each) for one in told for each in one.remarks]),
                "servers.json": _json(_servers(connection, log)),
                "store.json": _json({**inventory.versions(connection), "rows": inventory.rows(connection)}),
                "log/engine.log": (f"{line}\n" for line in log),
            }
            for account_id, file in self._store.paths.traces():
                if account_id in chosen:
                    members[f"trace/{file.name}"] = (f"{line}\n" for line in _lines(file, set()))
            return _write(path, members, scrub)

    @staticmethod
    def check_path(path: Path) -> None:
        """Raises StoreUnusable when the file is there already."""
        if os.path.lexists(path):
            raise _there_already(path)

    def _log_files(self) -> list[Path]:
        return _rotated(self._store.paths.log_file)[::-1]

    def _told(
        self,
        connection: Transaction,
        account: Account,
        migration: Migration,
        failures: Sequence[Failure],
        log: Sequence[str],
    ) -> AccountTold:
        trouble = [line for line in log if _TROUBLED.match(line) and about(line, {account.id})]
        return AccountTold(
            account,
            migration,
            passes.listing(connection, [account.id])[account.id],
            [each for each in failures if each.account_id == account.id],
            remarks.listing(connection, account_id=account.id),
            trouble[-_TROUBLE:],
            account.id in {account_id for account_id, _ in self._store.paths.traces()},
            [_heard(server, account.id, log) for server in (migration.source, migration.destination)],
        )


def _heard(server: Server, account_id: int, log: Sequence[str]) -> str:
    accepted = greeting = ""
    for line in log:
        if f" {server.key} greets: " in line:
            greeting = line.partition(" greets: ")[2]
        elif f" {server.key}: logged in as " in line and about(line, {account_id}):
            accepted = line.partition(" ")[0]
    return f"login last accepted: {accepted or 'not within the log'}; greeting: {greeting or 'not in the log'}"


class _Scrub:
    """Takes subjects out of text. Servers quote what they refuse: the subjects of what has failed are known."""

    def __init__(self, failures: Iterable[Failure]) -> None:
        subjects = {each.subject.strip("\ufffd ") for each in failures}
        known = {each for each in subjects if len(each.replace("\ufffd", "")) >= _LEAST_SUBJECT}
        forms = {_pattern(form) for each in known for form in (each, json.dumps(each, ensure_ascii=False)[1:-1])}
        some = sorted(forms, key=len, reverse=True)
        self._subjects = re.compile("|".join(some), re.I) if some else None

    def __call__(self, text: str) -> str:
        return self._subjects.sub("{a subject}", text) if self._subjects else text


def _pattern(subject: str) -> str:
    """An expression for a subject; where letters of it could not be decoded, it takes any."""
    return ".{1,9}".join(map(re.escape, re.split("\ufffd+", subject)))


def _write(path: Path, members: Mapping[str, Iterable[str]], scrub: _Scrub) -> Path:
    from zipfile import ZIP_DEFLATED, ZipFile  # only here: every command imports this module

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise _there_already(path) from error
    except OSError as error:
        raise StoreUnusable(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file, ZipFile(file, "w", ZIP_DEFLATED) as bundle:
            for name, pieces in members.items():
                with bundle.open(name, "w") as member:
                    for piece in pieces:
                        member.write(scrub(piece).encode("utf-8", "backslashreplace"))
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StoreUnusable(f"{path} cannot be written: {error.strerror}.") from error
        raise
    return path


def _there_already(path: Path) -> StoreUnusable:
    return StoreUnusable(f"There is a file {path} already: choose another name.")


def _rotated(path: Path) -> list[Path]:
    """A file and those that it was before, the newest first."""
    older = sorted(path.parent.glob(f"{path.name}.*"), key=lambda each: int(each.suffix[1:] or 0))
    return [each for each in (path, *older) if each.is_file() and not each.is_symlink()]


def _lines(file: Path, account_ids: set[int]) -> Iterator[str]:
    """The lines of a log or a trace; with ids, without what is about other accounts."""
    with os.fdopen(open_own(file, os.O_RDONLY), encoding="utf-8", errors="backslashreplace", newline="\n") as lines:
        yield from (text for line in lines if about(text := line.rstrip("\n"), account_ids))


def _clean(told: AccountTold) -> AccountTold:
    words = without_raw(told.account.server_words)
    account = replace(told.account, server_words=words, detail=without_raw(told.account.detail))
    return replace(told, account=account, failures=[_without_mail(each) for each in told.failures])


def _without_mail(failure: Failure) -> Failure:
    """A failure without what was read in a reply's place: it may be a piece of a mail, whoever stored it."""
    words = fit_to_share(failure.server_words, failure.command)
    if failure.kind == ProtocolViolation.kind and words == failure.server_words:
        words = f"{len(words.encode())} octets that are no reply" if words else ""
    return replace(failure, server_words=words, sentence=without_raw(failure.sentence))


def _failure(failure: Failure) -> dict[str, object]:
    kept = vars_of(_without_mail(failure))
    for of_the_mail in ("message_id", "subject", "date"):
        del kept[of_the_mail]
    return {**kept, "first_at": in_utc(failure.first_at), "last_at": in_utc(failure.last_at)}


def _account(connection: Transaction, told: AccountTold) -> dict[str, object]:
    account = _clean(told).account
    return {
        **{name: value for name, value in vars_of(account).items() if name != "notify"},
        "own destination password": inventory.passwords_of_their_own(connection, account.id),
        "passes": [vars_of(each) for each in told.passes],
        "folders": inventory.folders(connection, account.id),
        "last check": checks.listing(connection, [account.id]).get(account.id),
    }


def _migration(migration: Migration) -> dict[str, object]:
    return {
        "id": migration.id,
        "title": migration.title,
        "wanted": migration.wanted,
        "excluded_folders": migration.excluded_folders,
        "selection": vars_of(migration.selection),
        "schedule": vars_of(migration.schedule),
        "source": _server(migration.source),
        "destination": _server(migration.destination),
        "mail to users": migration.notices is not None,
    }


def _server(server: Server) -> dict[str, object]:
    """A server's settings; of a command that gives tokens its name alone: what stands behind it may be a secret."""
    plain = {each.name: getattr(server, each.name) for each in server.kind.settings()}
    plain["blackouts"] = [{**vars_of(each), "weekdays": sorted(each.weekdays)} for each in server.blackouts]
    admin = {"user": server.admin.user, "style": server.admin.style} if server.admin else None
    at_proxy = server.proxy_login.user if isinstance(server, NetworkServer) and server.proxy_login else None
    return {"kind": server.kind_name, **plain, "admin": admin, **_tokens(server.token), "user at the proxy": at_proxy}


def _tokens(token: TokenLogin | None) -> dict[str, object]:
    """Who gives tokens, without secrets."""
    if token is None or token.provider is Provider.COMMAND:
        return {"token command": token.command.split()[0] if token else None}
    return {"tokens": {each.name: getattr(token, each.name) for each in without_passwords(token.settings())}}


def _events(connection: Transaction, mine: Sequence[Account], others: Set[str]) -> Iterator[str]:
    """All events, or those of these accounts and of their migrations that name none of the others."""
    found = [] if mine else events.listing(connection, limit=_EVENTS)
    for each in mine:
        found += events.listing(connection, account_id=each.id, limit=_EVENTS)
    for migration_id in {each.migration_id for each in mine}:
        shared = events.listing(connection, migration_id=migration_id, limit=_EVENTS)
        found += [event for event in shared if event.account_id is None and _names_none(event.what, others)]
    for event in sorted(found, key=lambda each: each.id):
        yield f"{in_utc(event.at)}  {event.who}: {without_raw(event.what)}\n"


def _names_none(what: str, users: Set[str]) -> bool:
    """True for an event that names none of the other accounts. Of accounts that were deleted no name is known; most are
    addresses."""
    return "@" not in what and not users & {word.strip(",.:;") for word in what.split()}


def _servers(connection: Transaction, log: Iterable[str]) -> dict[str, dict[str, object]]:
    """What servers have said last of what they offer, as far as the log goes back; and what they have taught."""
    found: dict[str, dict[str, object]] = {}
    for line in log:
        if told := _OFFERS.search(line):
            server, offers, greeting = told.groups()
            found.setdefault(server, {})["offers" if offers is not None else "greeting"] = offers or greeting
    for server, learned in lessons.listing(connection).items():
        found.setdefault(server, {})["lessons"] = [vars_of(each) for each in learned]
    return found


def _versions(connection: Transaction) -> Iterator[str]:
    import platform
    from importlib import metadata

    yield f"tui-migrate {__version__}\nPython {platform.python_version()} ({platform.python_implementation()})\n"
    yield f"{platform.platform()}\n{openssl()}\nSQLite {inventory.versions(connection)['SQLite']}\n"
    yield from (
        f"{each.name} {each.version}\n" for each in sorted(metadata.distributions(), key=lambda each: each.name or "")
    )


def vars_of(value: object) -> dict[str, object]:
    """The fields of a dataclass with slots."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


def _json(found: object) -> list[str]:
    return [json.dumps(found, indent=2, ensure_ascii=False, default=_plain), "\n"]


def _plain(value: object) -> object:
    return vars_of(value) if hasattr(value, "__dataclass_fields__") else str(value)
