"""What Graph tells of a signed or encrypted message, of which Exchange makes no MIME."""

from __future__ import annotations

from pathlib import Path

from tui_migrate.mail.graph.rows import CLASS, expanded, properties_of
from tui_migrate.mail.graph.session import GraphSession, Json
from tui_migrate.mail.mapi.second_way import BCC, CC, TO, Person, Told, made
from tui_migrate.mail.message import Content

_FIELDS = (
    "internetMessageHeaders,internetMessageId,subject,from,sender,toRecipients,ccRecipients,bccRecipients,sentDateTime"
)
_RECIPIENTS = {TO: "toRecipients", CC: "ccRecipients", BCC: "bccRecipients"}


def protected_mail(session: GraphSession, name: str, spool_folder: Path | None) -> Content | None:
    """A signed or encrypted message, as it was sent. None where the item is none such. Raises MailError."""
    message = session.path("messages", name)
    row = session.json(f"{message}?$select={_FIELDS}&{expanded(CLASS)}")
    attached = [*session.pages(f"{message}/attachments?$select=id,name,size", 0)]
    if len(attached) != 1 or not isinstance(attached[0].get("id"), str):
        return None
    data = session.content(f"{session.path('messages', name, 'attachments', attached[0]['id'])}/$value")
    try:
        return made(name, _told(row), data, spool_folder)
    finally:
        data.close()


def _told(row: Json) -> Told:
    return Told(
        properties_of(row).get(CLASS, ""),
        _headers(row.get("internetMessageHeaders")),
        str(row.get("subject") or ""),
        str(row.get("internetMessageId") or ""),
        _person(row.get("from") or row.get("sender")),
        str(row.get("sentDateTime")),
        {kind: _people(row.get(name)) for kind, name in _RECIPIENTS.items()},
    )


def _headers(told: object) -> str:
    """Exchange tells each field unfolded."""
    fields = [each for each in (told if isinstance(told, list) else ()) if isinstance(each, dict)]
    return "".join(f"{each.get('name')}: {' '.join(str(each.get('value')).split())}\n" for each in fields)


def _people(told: object) -> list[Person]:
    return [_person(each) for each in (told if isinstance(told, list) else ())]


def _person(told: object) -> Person:
    person = told.get("emailAddress") if isinstance(told, dict) else None
    if not isinstance(person, dict):
        return "", ""
    return str(person.get("name") or ""), str(person.get("address") or "")
