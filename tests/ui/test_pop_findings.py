"""What a look at a POP server means, in words."""

from __future__ import annotations

from tests.ui import office
from tui_migrate.model import ImapServer, PopServer, Security, Side
from tui_migrate.service.servers import Probe
from tui_migrate.ui.probing import findings

POP = PopServer("pop.old.example", port=995)
ALL = frozenset({"UIDL", "TOP", "PIPELINING", "SASL PLAIN", "EXPIRE NEVER"})


def said(**fields: object) -> dict[str, str]:
    seen = {"reached": True, "tls_version": "TLSv1.3", "round_trip": 0.02, "capabilities": ALL, **fields}
    return dict(findings(Side.SOURCE, Probe(POP, **seen), office.NOW))  # type: ignore[arg-type]


def test_what_comes_is_always_said() -> None:
    assert said() == {
        "Connection": "✔ reached pop.old.example port 995",
        "Encryption": "✔ TLS 1.3",
        "Greeting": "",
        "Round trip": "20.0 ms",
        "Login": "not tried: no mailbox to test with was named",
        "What comes": "▲ INBOX alone: POP has no folders, read state or sent mail",
    }


def test_a_mailbox_is_counted() -> None:
    assert said(logged_in=True, messages=1234)["Mailbox"] == "✔ 1,234 messages"


def test_imap_on_the_same_host_is_suggested_even_where_pop_does_not_answer() -> None:
    words = "▲ on port 143 with STARTTLS: choose IMAP, which carries everything"
    imap = ImapServer("pop.old.example", security=Security.STARTTLS, port=143)
    assert said(beside=imap)["IMAP too"] == words
    assert said(reached=False, refusal="refused", capabilities=frozenset(), beside=imap)["IMAP too"] == words


def test_what_a_server_lacks_or_does_is_said() -> None:
    words = said(capabilities=frozenset({"USER", "EXPIRE 0", "LOGIN-DELAY 900 USER"}))
    assert {label for label in words if label.startswith("No ")} == {"No UIDL", "No TOP", "No PIPELINING"}
    assert words["Login delay"].startswith("▲ 900 s between two logins")
    assert "EXPIRE 0" in words["Expiry"]
