"""The first page of a bundle: what is wrong with an account, for somebody who was not there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tui_migrate.model import Account, Failure, Migration, NetworkServer, Pass, Remark, Server
from tui_migrate.model.causes import causes
from tui_migrate.model.moments import in_utc

_UIDS_NAMED = 20
HEAD = """\
tui-migrate {version}: what is known about {what}
made on {now} UTC. All times below and in the log are UTC.

There are no passwords in here, and of mail no subject, header or body: messages are named by folder, UID and size.
Names of users and folders, and the servers' words, are.

  SUMMARY.txt     this page
  versions.txt    of the program, Python, its packages, the system
  settings.json   servers and limits, as they are set
  accounts.json   state, numbers, passes, and folders with the marks of the journal
  failures.json   what did not make it, each with the server's words
  events.txt      who did what, and when
  remarks.json    what is not as it was at the source, and is no failure
  servers.json    what the servers offer, and what they have taught
  store.json      what is in the store, in numbers
  log/            what the engine did and why
  trace/          what the servers were told and what they said, where a trace was wanted
"""


@dataclass(frozen=True, slots=True)
class AccountTold:
    """What is known of one account."""

    account: Account
    migration: Migration
    passes: Sequence[Pass]
    failures: Sequence[Failure]
    remarks: Sequence[Remark]
    trouble: Sequence[str]
    """The last lines of the log about it that are warnings or errors."""
    traced: bool
    """True where there is a trace."""
    heard: Sequence[str]
    """Of either server: its greeting, and when it has accepted this login last, as far as the log goes back."""


def summary(version: str, what: str, accounts: Iterable[AccountTold]) -> str:
    """The first page of a bundle."""
    lines = [HEAD.format(version=version, what=what, now=in_utc(time.time()))]
    for each in accounts:
        lines += ["", *_account(each)]
    return "\n".join(lines) + "\n"


def _account(told: AccountTold) -> Iterator[str]:
    account, migration = told.account, told.migration
    yield f"ACCOUNT {account.id}: {account.source_user} to {account.destination_user}, of {migration.title}"
    for side, server, heard in zip(
        ("source", "destination"), (migration.source, migration.destination), told.heard, strict=True
    ):
        yield f"  {side:12} {_server(server)}"
        yield f"               {heard}"
    yield f"  state        {account.state}. {account.detail}".rstrip()
    if account.server_words:
        yield f"               the server's words: {account.server_words}"
    yield f"  wanted       the account: {account.wanted}; its migration: {migration.wanted}"
    for each in told.passes:
        ended = f"ended {in_utc(each.ended)} as {each.state}" if each.ended else "has not ended"
        yield f"  pass {each.number:<8} began {in_utc(each.began)}, {ended}: {each.counts.equation};"
        yield f"               {each.bytes_copied:,} octets copied of {each.bytes_listed:,}"
    yield f"  moved        in all passes: {account.moved}"
    yield ""
    yield "  FAILURES" if told.failures else "  No failures are on record."
    for cause in causes(told.failures):
        yield from _cause(cause.failures)
    for remark in told.remarks:
        where = f" in {remark.folder}" if remark.folder else ""
        yield f"  remark: {remark.kind}{where}: {remark.what}, {remark.messages} messages"
    yield ""
    yield "  THE LAST WARNINGS AND ERRORS OF THE LOG" if told.trouble else "  The log has no warnings about it."
    yield from (f"    {line}" for line in told.trouble)
    if not told.traced:
        yield ""
        yield "  No trace was made. What the servers are told and what they say is seen only with one:"
        yield f"  tui-migrate trace '{account.source_user}', another try, and this bundle once more."


def _cause(failures: Sequence[Failure]) -> Iterator[str]:
    newest = failures[0]
    yield f"  - {newest.kind}, {newest.scope}" + (f", {len(failures)} times" if len(failures) > 1 else "")
    yield f"      {newest.sentence}"
    if newest.server_words:
        yield f"      the server's words: {newest.server_words}"
    if newest.command:
        yield f"      in answer to: {newest.command}"
    places = [f"{each.folder} UID {each.uid} ({each.size} octets)" for each in failures if each.uid is not None]
    folders = list(dict.fromkeys(each.folder for each in failures if each.folder))
    if where := places[:_UIDS_NAMED] or folders:
        more = f", and {len(places) - _UIDS_NAMED} more" if len(places) > _UIDS_NAMED else ""
        yield f"      where: {', '.join(where)}{more}"
    yield f"      first {in_utc(min(each.first_at for each in failures))}, last {in_utc(newest.last_at)}, " + (
        f"on record {newest.attempts} times" if newest.attempts > 1 else "on record once"
    )
    yield f"      what to do: {newest.advice}"


def _server(server: Server) -> str:
    login = "one admin login" if server.admin else "tokens" if server.token else "a password for each mailbox"
    way = ""
    if isinstance(server, NetworkServer):
        way = f", security {server.security}" + (f", by {server.proxy}" if server.proxy else "")
    return f"{server.key}, {server.kind_name}{way}, {login}"
