"""What a look at Exchange means for a migration, in words. Pure: values in, labels and texts out."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.mail.ews.logins import EXTRA, WAYS, has_spnego
from tui_migrate.mail.ews.requests import VERSIONS
from tui_migrate.mail.probe import Probe
from tui_migrate.model import Side
from tui_migrate.model.kinds.ews import KIND

_MICROSOFT = ("outlook.office365.com", "outlook.office.com")


def findings(side: Side, probe: Probe) -> Iterator[tuple[str, str]]:
    """Label and text of each thing that an admin wants to know."""
    assert side is Side.SOURCE
    offers = [each for each in (*WAYS, "Bearer") if each in probe.capabilities]
    if offers:
        yield "Logins", f"✔ {', '.join(offers)}"
    lacking = [each for each in offers if each in ("Negotiate", "NTLM")]
    if lacking and not has_spnego():
        yield "Library", f"▲ for {' and '.join(lacking)}: {EXTRA}"
    if understood := [each for each in VERSIONS if each in probe.capabilities]:
        yield "Version", f"✔ {understood[0]}"
    if probe.server.place in _MICROSOFT:
        yield "Microsoft 365", "▲ turns Exchange Web Services off on 1 April 2027: choose IMAP, or Microsoft Graph"
    yield from probe.remarks
    yield "What comes", f"▲ {KIND.not_carried}"
