"""Logging in to an SMTP server with a token."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.servers.certificates import Certificates
from tests.servers.loopback_server import LoopbackServer, Peer
from tests.support.oauth import TOKEN, Authority, authority_here, given
from tui_migrate.errors import LoginRefused, MailError, NoticeDelayed, SignInNeeded, TokenDelayed, TokenRefused
from tui_migrate.mail import token
from tui_migrate.mail.smtp import open_smtp
from tui_migrate.mail.token import Tokens
from tui_migrate.model import NoticeSettings, Secret, TokenLogin
from tui_migrate.model.tokens import Provider, SignIn

USER = "help@x.example"
WHY = base64.b64encode(b'{"status":"401"}').decode()


class TokenSmtp(LoopbackServer):
    """Says what it is told to for one AUTH after the other, and notes what it heard."""

    def __init__(self, certificates: Certificates, *replies: str, mechanisms: str = "LOGIN XOAUTH2") -> None:
        super().__init__(tls=certificates.good.context())
        self.heard: list[str] = []
        self._replies = iter(replies)
        self._mechanisms = mechanisms

    def converse(self, peer: Peer) -> None:
        peer.write(b"220 ready\r\n")
        while line := peer.readline().decode():
            self.heard.append(line.strip())
            word = line.split()[0].upper() if line.strip() else ""
            usual = f"250-here\r\n250 AUTH {self._mechanisms}" if word == "EHLO" else "221 bye"
            peer.write(f"{next(self._replies) if word in ('AUTH', '') else usual}\r\n".encode())

    @property
    def tokens(self) -> list[str]:
        """The responses that it was sent."""
        sent = [line.split()[2] for line in self.heard if line.startswith("AUTH")]
        return [base64.b64decode(each).decode() for each in sent]


@pytest.fixture
def authority(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    monkeypatch.setattr(token, "TOKENS", Tokens())
    with authority_here(certificates, monkeypatch) as server:
        yield server


@pytest.fixture
def settings(certificates: Certificates) -> NoticeSettings:
    token = TokenLogin(
        provider=Provider.MICROSOFT, client_id="c", tenant="x.example", cloud="here", secret=Secret("s3cret-1")
    )
    return NoticeSettings("127.0.0.1", USER, user=USER, ca_file=str(certificates.ca_file), token=token)


def enter(settings: NoticeSettings, server: TokenSmtp) -> None:
    with open_smtp(replace(settings, port=server.port)):
        pass


def refused(settings: NoticeSettings, server: TokenSmtp) -> MailError:
    with pytest.raises(MailError) as caught:
        enter(settings, server)
    return caught.value


def test_a_token_lets_in(authority: Authority, certificates: Certificates, settings: NoticeSettings) -> None:
    with TokenSmtp(certificates, "235 ok", "235 ok") as server:
        enter(settings, server)
        enter(settings, server)
    assert server.tokens == [f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01"] * 2
    (form,) = authority.forms
    assert form["scope"] == "https://mail.here/.default"


def test_one_that_is_refused_says_why(
    authority: Authority, certificates: Certificates, settings: NoticeSettings
) -> None:
    said = f"535 5.7.3 no: {TOKEN}"
    with TokenSmtp(certificates, f"334 {WHY}", said, f"334 {WHY}", said) as server:
        error = refused(settings, server)
    assert isinstance(error, TokenRefused)
    assert error.server_words == '535 5.7.3 no: ••• {"status":"401"}'


def test_a_kept_token_that_is_refused_is_asked_for_anew(
    authority: Authority, certificates: Certificates, settings: NoticeSettings
) -> None:
    with TokenSmtp(certificates, "235 ok", "535 expired", "235 ok") as server:
        enter(settings, server)
        enter(settings, server)
    assert len(authority.forms) == 2


def test_what_passes_by_itself_is_tried_later(
    authority: Authority, certificates: Certificates, settings: NoticeSettings
) -> None:
    usual = authority.answer
    authority.answer = lambda form: given({"error": "temporarily_unavailable"}, 400)
    with TokenSmtp(certificates) as server:
        assert isinstance(refused(settings, server), TokenDelayed)
    authority.answer = usual
    with TokenSmtp(certificates, "454 busy") as server:
        assert isinstance(refused(settings, server), NoticeDelayed)


def test_a_server_that_takes_none(authority: Authority, certificates: Certificates, settings: NoticeSettings) -> None:
    with TokenSmtp(certificates, mechanisms="LOGIN PLAIN") as server:
        error = refused(settings, server)
    assert isinstance(error, LoginRefused)
    assert "does not offer a login with a token" in error.sentence


def test_who_has_not_signed_in(authority: Authority, certificates: Certificates, settings: NoticeSettings) -> None:
    assert settings.token is not None
    by_person = replace(settings, token=replace(settings.token, sign_in=SignIn.DEVICE, secret=None))
    with TokenSmtp(certificates) as server:
        assert isinstance(refused(by_person, server), SignInNeeded)
