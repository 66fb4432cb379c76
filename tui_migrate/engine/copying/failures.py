"""Errors as rows of the failure list: what happened, the server's words, what to do. Pure."""

from __future__ import annotations

from tui_migrate.errors import MailError, Outlook
from tui_migrate.mail.message import describe
from tui_migrate.mail.protocols import Listed
from tui_migrate.model import Scope

_COMMAND_LIMIT = 1000
WORDS_LIMIT = 4000


def message_failure(
    account_id: int, folder_id: int, listed: Listed, error: MailError, header: bytes | None
) -> dict[str, object]:
    """A message that did not make it. `header` is None when it could not even be read."""
    message_id, subject, date = describe(header) if header else ("", "", listed.date.decode("ascii").strip('"'))
    return {
        **_common(account_id, error, Scope.MESSAGE),
        "folder_id": folder_id,
        "uid": listed.uid,
        "size": listed.size,
        "message_id": message_id,
        "subject": subject,
        "date": date,
    }


def folder_failure(account_id: int, folder_id: int | None, error: MailError) -> dict[str, object]:
    """A folder that did not make it, or not all of it."""
    return {**_common(account_id, error, Scope.FOLDER), "folder_id": folder_id, "uid": None}


def account_failure(account_id: int, error: MailError, outlook: Outlook = Outlook.GIVEN_UP) -> dict[str, object]:
    """An account that did not make it."""
    return {**_common(account_id, error, error.scope, outlook), "folder_id": None, "uid": None}


def _common(account_id: int, error: MailError, scope: Scope, outlook: Outlook = Outlook.GIVEN_UP) -> dict[str, object]:
    return {
        "account_id": account_id,
        "kind": error.kind,
        "sentence": error.sentence,
        "server_words": error.server_words[:WORDS_LIMIT],
        "command": error.command[:_COMMAND_LIMIT],
        "advice": error.advise(outlook, scope),
        "scope": scope,
        "size": None,
        "message_id": "",
        "subject": "",
        "date": "",
    }
