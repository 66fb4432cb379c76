"""Logging in to Exchange: by the strongest way that is offered, bound to the certificate, once, and for others."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.servers.certificates import Certificates
from tests.servers.exchange.conftest import mail
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.exchange.versions import EXCHANGE2007, EXCHANGE2010
from tests.servers.exchange.windows import end_point
from tui_migrate.errors import AdminRefused, CannotConnect, LoginRefused
from tui_migrate.mail.ews import logins
from tui_migrate.mail.ews.folders import folders_of
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.model import AdminLogin, EwsServer, Login, Secret

ANNA = Login("anna@old.example", Secret("secret"))
WRONG = Login("anna@old.example", Secret("another"))
SERVICE = "service@old.example"


@pytest.fixture
def double(certificates: Certificates) -> Iterator[ExchangeDouble]:
    mailbox = ExchangeMailbox()
    mailbox.add_folder("Posteingang", "inbox").add(mail(1))
    with ExchangeDouble(mailbox, tls=certificates.good.context()) as server:
        yield server


def log_in(double: ExchangeDouble, certificates: Certificates, login: Login, path: str = "") -> EwsSession:
    server = EwsServer(double.host, port=double.port, ca_file=str(certificates.ca_file))
    return EwsSession(replace(server, url_path=path) if path else server, login)


@pytest.mark.parametrize(
    ("offers", "way"),
    [(("Basic",), "Basic"), (("NTLM", "Basic"), "NTLM"), (("Basic", "NTLM", "Negotiate"), "Negotiate")],
)
@pytest.mark.parametrize("user", ["anna@old.example", "OLD\\anna"])
def test_the_strongest_way_is_gone(
    double: ExchangeDouble, certificates: Certificates, offers: tuple[str, ...], way: str, user: str
) -> None:
    double.accounts.offers = offers
    double.accounts.binding = end_point(certificates.good.chain)
    session = log_in(double, certificates, Login(user, Secret("secret")))
    assert (session.way, session.version, session.build) == (way, "Exchange2013_SP1", "15.2.2562.17")
    session.close()
    assert double.accounts.refused == []


@pytest.mark.parametrize("way", ["Basic", "NTLM", "Negotiate"])
def test_after_one_refusal_nothing_else_is_tried(double: ExchangeDouble, certificates: Certificates, way: str) -> None:
    double.accounts.offers = (way, "Basic") if way != "Basic" else ("Basic",)
    with pytest.raises(LoginRefused, match=r"refused the login of anna@old\.example") as refused:
        log_in(double, certificates, WRONG)
    assert double.accounts.refused == [way]
    assert "another" not in str(vars(refused.value))


def test_without_the_library_basic_is_gone_or_it_says_what_to_install(
    double: ExchangeDouble, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "has_spnego", lambda: False)
    double.accounts.offers = ("NTLM", "Basic")
    session = log_in(double, certificates, ANNA)
    assert session.way == "Basic"
    session.close()
    double.accounts.offers = ("Negotiate", "NTLM")
    with pytest.raises(LoginRefused, match="takes logins by Negotiate and NTLM") as refused:
        log_in(double, certificates, ANNA)
    assert "tui-migrate[exchange]" in refused.value.what_to_do


def test_a_service_account_impersonates(double: ExchangeDouble, certificates: Certificates) -> None:
    double.accounts.services[SERVICE] = "strong"
    admin = Login("anna@old.example", Secret(""), AdminLogin(SERVICE, Secret("strong")))
    log_in(double, certificates, admin).close()
    asked = double.requests("GetFolder")[-1]
    assert (asked.user, asked.headers["x-anchormailbox"]) == ("anna@old.example", "anna@old.example")
    double.accounts.impersonates = lambda caller, address: False
    with pytest.raises(AdminRefused, match=r"does not let service@old\.example impersonate anna@old\.example"):
        log_in(double, certificates, admin)
    with pytest.raises(LoginRefused, match=r"has no mailbox of bert@old\.example"):
        log_in(double, certificates, Login("bert@old.example", Secret(""), AdminLogin(SERVICE, Secret("strong"))))


@pytest.mark.parametrize(
    ("release", "version"), [(EXCHANGE2010, "Exchange2010_SP2"), (EXCHANGE2007, "Exchange2007_SP1")]
)
def test_an_older_server_is_asked_in_its_version(
    double: ExchangeDouble, certificates: Certificates, release: object, version: str
) -> None:
    double.release = release  # type: ignore[assignment]
    session = log_in(double, certificates, ANNA)
    assert session.version == version
    session.close()


def test_a_path_that_leads_nowhere_says_so(double: ExchangeDouble, certificates: Certificates) -> None:
    with pytest.raises(CannotConnect, match="has nothing under this URL path"):
        log_in(double, certificates, ANNA, "/elsewhere")


def test_a_connection_that_was_closed_while_it_was_idle_is_made_anew(
    double: ExchangeDouble, certificates: Certificates
) -> None:
    double.accounts.offers = ("NTLM",)
    session = log_in(double, certificates, ANNA)
    encrypted = session.encrypted
    assert isinstance(encrypted, ssl.SSLSocket)
    encrypted.shutdown(2)
    assert [each.path for each in folders_of(session)] == [("INBOX",)]
    session.close()
