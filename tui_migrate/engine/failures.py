"""What an error means to the failure list: what happened, the server's words, what to do; and what a login that works
disproves of it. Pure."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.errors import (
    CannotConnect,
    CertificateRefused,
    Disconnected,
    FileDamaged,
    FilesMissing,
    LoginRefused,
    LoginTrouble,
    MailError,
    NoToken,
    Outlook,
    PasswordLost,
    PathRefused,
    ProxyForbids,
    ProxyLoginRefused,
    ProxyUnreachable,
    SignInNeeded,
    StartTlsMissing,
    TlsTooOld,
    TooManyConnections,
    UnreachableByProxy,
    WouldNotFit,
)
from tui_migrate.mail.message import describe
from tui_migrate.mail.protocols import Listed
from tui_migrate.model import Check, CheckResult, NewFailure, Scope

_COMMAND_LIMIT = 1000
WORDS_LIMIT = 4000

LOGINS = frozenset(each.kind for each in (LoginRefused, PasswordLost, NoToken, SignInNeeded, ProxyLoginRefused))
"""Kinds of failures that are about a login."""
_NOT_OPENED = {each.kind: each for each in (FilesMissing, PathRefused, FileDamaged)}
_CONNECTING = (CannotConnect, TlsTooOld, CertificateRefused, StartTlsMissing, TooManyConnections, Disconnected)
_BY_PROXY = (ProxyUnreachable, ProxyForbids, UnreachableByProxy)
DISPROVED = LOGINS | _NOT_OPENED.keys() | {each.kind for each in (LoginTrouble, *_CONNECTING, *_BY_PROXY)}
"""Kinds of failures that no longer hold for an account when both its logins work."""

HELD_BACK = _NOT_OPENED.keys() | {LoginRefused.kind, WouldNotFit.kind}
"""Kinds of failures of an account that its check holds back."""


def message_failure(
    account_id: int, folder_id: int, listed: Listed, error: MailError, header: bytes | None
) -> NewFailure:
    """A message that did not make it. `header` is None when it could not even be read."""
    message_id, subject, date = describe(header) if header else ("", "", listed.date.decode("ascii").strip('"'))
    where = replace(_failure(account_id, error, Scope.MESSAGE), folder_id=folder_id, uid=listed.uid)
    return replace(where, size=listed.size, message_id=message_id, subject=subject, date=date)


def folder_failure(account_id: int, folder_id: int | None, error: MailError) -> NewFailure:
    """A folder that did not make it, or not all of it. `folder_id`: None where it is in no journal."""
    return replace(_failure(account_id, error, Scope.FOLDER), folder_id=folder_id)


def account_failure(account_id: int, error: MailError, outlook: Outlook = Outlook.GIVEN_UP) -> NewFailure:
    """An account that did not make it."""
    return _failure(account_id, error, error.scope, outlook)


def check_failures(found: Check) -> list[NewFailure]:
    """What holds an account back, each item a failure of its own."""
    return [
        account_failure(
            found.account_id,
            _error_of(each)(each.sentence, server_words=each.server_words),
        )
        for each in found.failed
    ]


def _error_of(found: CheckResult) -> type[MailError]:
    return _NOT_OPENED.get(found.error) or (LoginRefused if found.item.is_login else WouldNotFit)


def _failure(account_id: int, error: MailError, scope: Scope, outlook: Outlook = Outlook.GIVEN_UP) -> NewFailure:
    return NewFailure(
        account_id,
        scope,
        kind=error.kind,
        sentence=error.sentence,
        server_words=error.server_words[:WORDS_LIMIT],
        command=error.command[:_COMMAND_LIMIT],
        advice=error.advise(outlook, scope),
    )
