"""What the connection test shows of Exchange, and what a trace of it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.certificates import Certificates
from tests.servers.exchange.conftest import mail
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tui_migrate.mail.behaviour import Surroundings
from tui_migrate.mail.ews.mailbox import open_source
from tui_migrate.mail.probe import probe
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import EwsServer, Login, Secret, Side

ANNA = Login("anna@old.example", Secret("Pa55-of-anna"))


@pytest.fixture
def double(certificates: Certificates) -> Iterator[ExchangeDouble]:
    mailbox = ExchangeMailbox(password="Pa55-of-anna")
    mailbox.add_folder("Posteingang", "inbox").add(mail(1))
    mailbox.add_archive()
    with ExchangeDouble(mailbox, tls=certificates.good.context()) as server:
        server.accounts.offers = ("Negotiate", "NTLM", "Basic")
        yield server


def server_of(double: ExchangeDouble, certificates: Certificates) -> EwsServer:
    return EwsServer(double.host, port=double.port, ca_file=str(certificates.ca_file))


def test_what_it_shows_before_and_behind_a_login(double: ExchangeDouble, certificates: Certificates) -> None:
    seen = probe(server_of(double, certificates))
    assert (seen.refusal, seen.logged_in, seen.capabilities) == ("", False, frozenset({"Negotiate", "NTLM", "Basic"}))
    told = dict(seen.findings(Side.SOURCE))
    assert told["Logins"] == "✔ Negotiate, NTLM, Basic"
    inside = probe(server_of(double, certificates), ANNA)
    assert (inside.refusal, inside.logged_in) == ("", True)
    told = dict(inside.findings(Side.SOURCE))
    assert told["Version"] == "✔ Exchange2013_SP1"
    assert told["Logged in by"] == "✔ Negotiate"
    assert told["Archive"].startswith("▲ there is an archive mailbox")
    refused = probe(server_of(double, certificates), Login("anna@old.example", Secret("wrong")))
    assert "refused the login of anna@old.example" in refused.refusal


@pytest.mark.parametrize("way", ["Basic", "NTLM", "Negotiate"])
def test_a_trace_shows_what_was_asked_and_neither_secrets_nor_mail(
    double: ExchangeDouble, certificates: Certificates, way: str
) -> None:
    double.accounts.offers = (way,)
    lines: list[str] = []
    tracer = Tracer()
    tracer.switch(lines.append)
    source = open_source(server_of(double, certificates), ANNA, Surroundings(tracer=tracer))
    for _ in source.read(source.tree().folders, lambda listing: listing.messages):
        pass
    source.close()
    text = "\n".join(lines)
    assert "GetItem (Exchange2013_SP1), ids: 1" in text
    assert "FindItem (Exchange2013_SP1)" in text
    assert f"Authorization: {way}" in text
    for secret in ("Pa55-of-anna", "number 1", "Text 1", "TlRMTVNTUAAD", "AAMkAD"):
        assert secret not in text
