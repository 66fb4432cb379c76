"""The fields of the form for mail to users, by the names by which the service judges them."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.model import PLACEHOLDERS, NoticeSettings, Security, SmtpServer, declared
from tui_migrate.model.declared import settings
from tui_migrate.ui.setting_fields import PROXY_LOGIN, options, proxy_login_fields, setting_field
from tui_migrate.ui.widgets.choice import Choice
from tui_migrate.ui.widgets.field import Field

WHEN, PASSWORD = "when", "password"
SECRETS = (PASSWORD, f"{PROXY_LOGIN}password")
OFF = "off"
_WHEN_SENTENCE = "Whether users are told by mail that their account is done. Held mail is sent when you say so."
PLACES = "In subject and text: " + " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
USUAL_PORTS = {str(port) for port in SmtpServer.ports.values()}


def notice_fields() -> Iterator[Field]:
    """The fields: when, by which server, from whom, and what."""
    found = {each.name: each for each in settings(NoticeSettings)}
    hold = found.pop("hold")
    assert isinstance(hold.type, declared.Flag)
    yield Field(WHEN, hold.label, Choice(options({OFF: OFF, **hold.type.words})), _WHEN_SENTENCE)
    for each in found.values():
        yield setting_field(each)
        if each.name == "proxy":
            yield from proxy_login_fields()


def usual_port(security: str) -> str:
    """The port that goes with this security."""
    return str(SmtpServer.ports[Security(security)])
