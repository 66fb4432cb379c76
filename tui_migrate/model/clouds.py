"""Where Microsoft has its clouds: a tenant is in one of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of them."""

    label: str
    authority: str
    """The host that gives tokens."""
    mail: str
    """The resource for which an app asks for a token."""
    own_mail: str
    """The same for who has signed in."""
    graph: str = "https://graph.microsoft.com"
    """Microsoft Graph, for both."""


CLOUDS: dict[str, Cloud] = {
    "global": Cloud(
        "worldwide", "login.microsoftonline.com", "https://outlook.office365.com", "https://outlook.office.com"
    ),
    "us-gov-high": Cloud(
        "US GCC High",
        "login.microsoftonline.us",
        "https://outlook.office365.us",
        "https://outlook.office365.us",
        "https://graph.microsoft.us",
    ),
    "us-dod": Cloud(
        "US DoD",
        "login.microsoftonline.us",
        "https://outlook-dod.office365.us",
        "https://outlook-dod.office365.us",
        "https://dod-graph.microsoft.us",
    ),
    "china": Cloud(
        "China",
        "login.partner.microsoftonline.cn",
        "https://partner.outlook.cn",
        "https://partner.outlook.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}
"""From Microsoft's pages "National clouds" and "Office 365 endpoints", as of November 2026. GCC without High is in the
worldwide one."""
CLOUD_WORDS = {name: each.label for name, each in CLOUDS.items()}
