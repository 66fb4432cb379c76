"""Mail to users as a plan or a form describes it: one place that says what is right, for both."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tui_migrate.config.table import Table, nearest
from tui_migrate.errors import BadInput, Problem
from tui_migrate.letters.message import is_address
from tui_migrate.letters.template import mistakes
from tui_migrate.model import DEFAULT_SUBJECT, DEFAULT_TEXT, SMTP_PORTS, Mailing, Secret, Security

MAIL_KEYS = (
    "host",
    "port",
    "security",
    "ca_file",
    "user",
    "password_file",
    "sender",
    "sender_name",
    "subject",
    "text",
    "hold",
    "summary_to",
)
OFF, AT_ONCE, HOLD = "off", "at once", "hold"
"""What the form's field `when` may say."""
_NUMBER = re.compile("[0-9]{1,9}")


def read_mail(table: Table, own: Mailing | None, password: Secret | None, key: str) -> Mailing:
    """The mailing that this table describes. Without a `password` that stands at `key`, it is the one that `own` has,
    for the same server and user alone: a plan comes from anywhere, and must not lead a password to another server."""
    security = Security.TLS
    wanted = table.text("security", security)
    if wanted in list(Security):
        security = Security(wanted)
    else:
        table.wrong("security", f"must be tls, starttls or none{nearest(wanted, Security)}")
    host = table.text("host", required=True)
    if re.search(r"[\s/@\[\]]", host) or host.count(":") == 1:
        table.wrong("host", "must be a host name or an address alone; the port has a place of its own")
    user = table.text("user")
    ca = table.file("ca_file")
    found = Mailing(
        host=host,
        sender=_address(table, "sender", required=True),
        security=security,
        port=table.number("port", SMTP_PORTS[security], highest=65535),
        ca_file=str(ca[0]) if ca else "",
        user=user,
        password=password if user else None,
        sender_name=table.text("sender_name"),
        subject=_template(table, "subject", table.text("subject", DEFAULT_SUBJECT, required=True)),
        text=_template(table, "text", _lines(table, "text", DEFAULT_TEXT)),
        hold=table.flag("hold"),
        summary_to=_address(table, "summary_to"),
    )
    if not user and password:
        table.wrong("user", "must not be empty beside a password")
    if not user or password:
        return found
    if own is None or own.password is None or not own.is_at(found):
        table.wrong(key, "is missing; a stored password stays with the server and user that it was given for")
        return found
    return replace(found, password=own.password)


def mail_keys(mailing: Mailing, password_file: str = "") -> dict[str, object]:
    """The table of a plan that `read_mail` reads back as this; without the password."""
    keys: dict[str, object] = {
        key: getattr(mailing, key) for key in MAIL_KEYS if key not in ("password_file", "security")
    }
    keys["security"] = mailing.security.value
    return {**keys, "password_file": password_file} if password_file else keys


def read_mail_form(texts: Mapping[str, str], typed: Secret | None, own: Mailing | None) -> Mailing | None:
    """What the fields say; None: no mail. A password that is not typed is the one that `own` has, for the same server
    and user alone. Raises: BadInput with every mistake; its places are names of fields."""
    if texts["when"] == OFF:
        return None
    problems: list[Problem] = []
    values: dict[str, object] = {key: texts[key].strip() for key in MAIL_KEYS if key in texts}
    values["text"] = texts["text"]
    values["hold"] = texts["when"] == HOLD
    values["ca_file"] = os.path.expanduser(str(values["ca_file"]))  # noqa: PTH111  Path's own fails without a home
    if _NUMBER.fullmatch(str(values["port"])):
        values["port"] = int(str(values["port"]))
    found = read_mail(Table(Path.cwd(), "", "", values, problems), own, typed, "password")
    if problems:
        raise BadInput(problems)
    return found


def write_mail_form(mailing: Mailing | None) -> dict[str, str]:
    """The texts of all fields, without the password."""
    shown = mailing or Mailing("", "")
    texts = {key: str(getattr(shown, key)) for key in MAIL_KEYS if key not in ("password_file", "hold")}
    return {"when": OFF if mailing is None else HOLD if mailing.hold else AT_ONCE, **texts}


def _address(table: Table, key: str, *, required: bool = False) -> str:
    text = table.text(key, required=required)
    if text and not is_address(text):
        table.wrong(key, "must be one mail address, such as helpdesk@example.com")
    return text


def _template(table: Table, key: str, text: str) -> str:
    if said := mistakes(text):
        table.wrong(key, said)
    return text


def _lines(table: Table, key: str, default: str) -> str:
    """Several lines of text."""
    value = table.values.get(key, default)
    if not isinstance(value, str):
        table.wrong(key, 'must be text in quotation marks, three of them (""") around several lines')
    elif not value.strip():
        table.wrong(key, "must not be empty")
    elif any(unicodedata.category(char) == "Cc" and char not in "\n\r\t" for char in value):
        table.wrong(key, "must hold no control characters")
    else:
        return value.replace("\r\n", "\n")
    return default
