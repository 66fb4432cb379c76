"""All that tokens need, tried before a migration: what is right, what is not and what to do, who has to sign in."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.engine.support import Keys, encrypted, run_here, write_plan
from tests.servers.authorization.google import google_error
from tests.servers.authorization.microsoft import aadsts
from tests.servers.certificates import Certificates
from tests.servers.faults.commands import RefuseCommand
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.smtp import SmtpServer
from tests.servers.web import Page, WebServer
from tests.support.providers import ANNA, KEY, Place
from tui_migrate.cli import main
from tui_migrate.mail.http import Answer
from tui_migrate.mail.oauth import refusals, trying
from tui_migrate.mail.oauth.signing_in import SigningIn
from tui_migrate.model import (
    AccountSpec,
    AccountState,
    ImapServer,
    MigrationSpec,
    NewFailure,
    NoticeSettings,
    Scope,
    Secret,
    TokenLogin,
    Verdict,
    Wanted,
)
from tui_migrate.model.tokens import SignIn
from tui_migrate.service import Service, open_service
from tui_migrate.service.engine import Engine
from tui_migrate.service.sign_ins import Item, Line, Step
from tui_migrate.store import accounts, events, migrations

NOT_CONNECTED = b"BAD User is authenticated but not connected."
ITEMS = ["settings", "provider", "clock", "token", "scopes", "mailbox"]


@pytest.fixture
def at(certificates: Certificates, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Place]:
    place = Place(request.param, certificates, monkeypatch)
    with place.server:
        yield place


@pytest.fixture
def imap(at: Place, certificates: Certificates) -> Iterator[ImapDouble]:
    box = Mailbox(ANNA)
    box.folders["INBOX"].add(b"Subject: here\r\n\r\n\r\n")
    with ImapDouble([box], tls=certificates.good.context()) as server:
        server.opens = at.server.opens
        yield server


@pytest.fixture
def smtp(at: Place, certificates: Certificates) -> Iterator[SmtpServer]:
    with SmtpServer(opens=at.server.opens, tls=certificates.good) as server:
        yield server


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[Engine]:
    """One for each time that an engine should have been started."""
    asked: list[Engine] = []
    monkeypatch.setattr(Engine, "ensure_running", lambda engine: asked.append(engine))
    return asked


def only(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("at", kinds, indirect=True)


class Tried:
    """A migration at whose source tokens log in, and a walk through the list."""

    def __init__(self, folder: Path, at: Place, imap: ImapDouble, token: TokenLogin, relay: int | None = None) -> None:
        self.at = at
        self.service: Service = open_service(folder)
        old = ImapServer(imap.host, port=imap.port, ca_file=str(at.ca), token=token)
        mail = None
        if relay is not None:
            mail = NoticeSettings("127.0.0.1", "it@new.example", port=relay, ca_file=str(at.ca), user=ANNA, token=token)
        self.id = self.service.migrations.create(MigrationSpec("Office", old, ImapServer("new.example"), notices=mail))
        self.service.accounts.add_unproven(self.id, [AccountSpec(ANNA, Secret(""), "anna@new.example")])
        self.steps: list[Step] = []

    def walk(self, user: str | None = ANNA, *, for_all: bool = False, again: bool = False) -> dict[str, Line]:
        """The lines of the source by item, with this one signing in where somebody has to; None: he says no."""
        self.steps = []

        def told(step: Step) -> None:
            self.steps.append(step)
            self.at.obey(step, user)

        trying = self.service.sign_ins.begin(self.id, for_all=for_all, again=again)
        good = trying.run(told)
        lines = [each for each in self.steps if isinstance(each, Line)]
        assert good is all(each.verdict in (Verdict.PASSED, Verdict.WARNED) for each in lines)
        return {each.item: each for each in lines if each.side == "source"}

    @property
    def asked(self) -> int:
        """How often somebody was asked to sign in."""
        return sum(not isinstance(each, Line) and not hasattr(each, "item") for each in self.steps)


def failed(lines: Mapping[str, Line]) -> Line:
    """The one line that is not right; those behind it are not tried."""
    (found,) = [each for each in lines.values() if each.verdict is Verdict.FAILED]
    return found


Make = Callable[..., Tried]
"""Makes the migration for a token login."""


@pytest.fixture
def tried(tmp_path: Path, at: Place, imap: ImapDouble) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(token: TokenLogin, relay: int | None = None) -> Tried:
            made = Tried(tmp_path / "data", at, imap, token, relay)
            stack.callback(made.service.close)
            return made

        yield make


def app_of(at: Place) -> TokenLogin:
    if at.kind == "google":
        key = KEY.service_account("mover@project.example", at.server.url("/token"))
        return at.login(SignIn.APP, "", key)
    return at.login(SignIn.APP, "app", "word")


@only("microsoft", "google", "custom")
def test_an_app_for_which_all_is_right(at: Place, tried: Make, smtp: SmtpServer, imap: ImapDouble) -> None:
    token = app_of(at)
    found = tried(token, smtp.port)
    ended = run_here("sign-in", "Office", "--data-dir", found.service.store.paths.data_dir)
    assert ended.returncode == 0, ended.stdout
    marks = re.findall(r"^    (\S) ([a-z ]+): ", ended.stdout, re.M)
    assert marks == [("✔", item) for item in ITEMS] * 2
    assert f"Source: {ANNA} at 127.0.0.1" in ended.stdout
    assert f"{ANNA} is open at 127.0.0.1: 1 message in INBOX" in ended.stdout
    assert f"127.0.0.1 accepts the token of {ANNA}" in ended.stdout
    assert imap.said("EXAMINE") or imap.said("SELECT")
    assert not imap.said("FETCH")
    secrets = [each.access for each in at.server.books.issued]
    assert token.secret is not None
    secrets += [line for line in token.secret.reveal().splitlines() if len(line) > 3]
    assert not any(each in ended.stdout + ended.stderr for each in secrets)


@only("microsoft")
@pytest.mark.parametrize("for_all", [False, True])
def test_a_code_is_entered_once(at: Place, tried: Make, engines: list[Engine], for_all: bool) -> None:
    found = tried(at.login(SignIn.DEVICE, "public"))
    (account,) = found.service.accounts.listing(found.id)
    with found.service.store.write() as connection:
        migrations.want(connection, found.id, Wanted.RUN)
        accounts.set_state(connection, account.id, AccountState.PAUSED, "Sign-in needed: sign in.")
        new = NewFailure(account.id, Scope.ACCOUNT, "sign-in needed", "Nobody has.", "", "", "Sign in.")
        events.record_failure(connection, new)
    lines = found.walk(for_all=for_all)
    assert [each.verdict for each in lines.values()] == [Verdict.PASSED] * 6
    assert (list(lines), found.asked) == (ITEMS, 1)
    assert "somebody has signed in" in lines[Item.TOKEN].sentence
    assert found.service.accounts.get(account.id).state is AccountState.WAITING
    assert len(engines) == 1
    whose = "all mailboxes" if for_all else ANNA
    assert found.service.logs.events(limit=1)[0].what == f"signed in for {whose}, at the source"
    again = found.walk()
    assert (found.asked, again[Item.TOKEN].sentence) == (0, "given, good for 60 minutes")
    found.walk(again=True, for_all=for_all)
    assert found.asked == 1
    shown = repr(found.steps)
    assert not any(each.access in shown or (each.refresh and each.refresh in shown) for each in at.server.books.issued)


@only("microsoft", "google", "custom")
def test_who_says_no_in_the_browser_is_heard(at: Place, tried: Make) -> None:
    client, secret = ("desktop", "word") if at.kind != "microsoft" else ("public", "")
    found = tried(at.login(SignIn.BROWSER, client, secret))
    line = failed(found.walk(None))
    assert (line.item, found.asked) == (Item.TOKEN, 1)
    assert line.advice
    assert [each.verdict for each in found.walk().values()] == [Verdict.PASSED] * 6


@only("microsoft")
@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (700016, "client id"),
        (7000215, "secret"),
        (7000222, "secret"),
        (90002, "tenant"),
        (53003, "Conditional Access"),
        (65001, "consent"),
    ],
)
def test_what_microsoft_refuses_is_said_with_what_to_do(at: Place, tried: Make, number: int, advice: str) -> None:
    found = tried(app_of(at))
    at.server.play(aadsts(number))
    lines = found.walk()
    line = failed(lines)
    assert (line.item, line.said) == (Item.TOKEN, "The provider said")
    assert f"AADSTS{number}" in line.server_words
    assert advice in line.advice, line.advice
    assert [lines[each].verdict for each in (Item.SCOPES, Item.MAILBOX)] == [Verdict.UNKNOWN] * 2


@only("google")
@pytest.mark.parametrize(
    ("page", "advice"),
    [
        (google_error("unauthorized_client", "Client is unauthorized to retrieve access tokens", 401), "delegation"),
        (google_error("invalid_grant", "Invalid JWT: Token must be a short-lived token"), "clock"),
    ],
)
def test_what_google_refuses_is_said_with_what_to_do(
    at: Place, tried: Make, page: Page, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_GOOGLES", ("127.0.0.1",))
    found = tried(app_of(at))
    at.server.play(page)
    line = failed(found.walk())
    assert (line.item, line.said) == (Item.TOKEN, "The provider said")
    assert line.server_words
    assert advice in line.advice, line.advice


@only("microsoft")
def test_a_clock_that_is_wrong_is_seen_before_a_token_is_refused_for_it(at: Place, tried: Make) -> None:
    found = tried(app_of(at))
    at.server.books.ahead = 1800
    line = failed(found.walk())
    assert line.item is Item.CLOCK
    assert line.sentence.startswith("the clock of this machine is 30 minutes behind that of 127.0.0.1")
    assert "NTP" in line.advice


@only("custom")
def test_a_provider_that_does_not_tell_the_time(at: Place, tried: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tried(app_of(at))
    monkeypatch.setattr(trying, "request", lambda *words, **more: Answer(404, {}, b""))
    assert found.walk()[Item.CLOCK].verdict is Verdict.WARNED


@only("microsoft")
@pytest.mark.parametrize("refused", ["(LIST|NAMESPACE|STATUS|EXAMINE|SELECT)", "(EXAMINE|SELECT)"])
def test_who_may_not_open_the_mailbox_hears_so(at: Place, tried: Make, imap: ImapDouble, refused: str) -> None:
    found = tried(app_of(at))
    imap.faults.append(RefuseCommand(refused, reply=NOT_CONNECTED))
    line = failed(found.walk())
    assert line.item is Item.MAILBOX
    assert "authenticated but not connected" in line.server_words
    assert "Add-MailboxPermission" in line.advice


@only("microsoft")
def test_a_token_that_the_mail_server_does_not_take(at: Place, tried: Make, imap: ImapDouble) -> None:
    found = tried(app_of(at))
    imap.opens = lambda user, token: False
    line = failed(found.walk())
    assert line.item is Item.MAILBOX
    assert "object id of the enterprise application" in line.advice


@only("custom")
def test_scopes_that_are_not_given_are_named(at: Place, tried: Make) -> None:
    found = tried(app_of(at))
    at.server.play(Page(b'{"access_token": "x", "expires_in": 60, "scope": "profile"}'))
    line = failed(found.walk())
    assert (line.item, line.sentence) == (Item.SCOPES, "asked for and not given: mail")


@only("microsoft", "google")
def test_a_key_that_cannot_be_used_is_seen_before_anybody_is_asked(at: Place, tried: Make) -> None:
    secret = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAA\n"
    secret = f"{secret}-----END CERTIFICATE-----" if at.kind == "microsoft" else '{"type": "service_account"}'
    found = tried(at.login(SignIn.APP, "app", secret))
    assert failed(found.walk()).item is Item.SETTINGS
    assert at.server.asked == []


@only("custom")
def test_a_provider_without_a_good_certificate_is_sent_nothing(
    at: Place, certificates: Certificates, tried: Make
) -> None:
    with WebServer(lambda asked: Page(), tls=certificates.expired.context()) as other:
        found = tried(replace(app_of(at), token_url=other.url("/token")))
        line = failed(found.walk())
    assert (line.item, other.asked) == (Item.SERVER, [])
    assert "has expired" in line.sentence


@only("custom")
def test_a_refresh_token_from_elsewhere_takes_the_place_of_a_sign_in(at: Place, tried: Make) -> None:
    found = tried(replace(at.login(SignIn.BROWSER, "public"), authorization_url=""))
    assert "refresh token" in failed(found.walk()).advice
    elsewhere: list[str] = []
    signing_in = SigningIn(at.login(SignIn.BROWSER, "public"), at.like, ANNA, at.obey)
    signing_in.run(lambda secret: elsewhere.append(secret.reveal()))
    words = ["sign-in", "Office", "--refresh-token", "--data-dir", str(found.service.store.paths.data_dir)]
    ended = CliRunner().invoke(main, words, input=f"{elsewhere[0]}\n")
    assert (ended.exit_code, ended.output.count("✔")) == (0, 6), ended.output
    assert [each.verdict for each in found.walk().values()] == [Verdict.PASSED] * 6
    assert found.asked == 0


def test_where_passwords_log_in_there_is_nobody_to_sign_in(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, {"host": "old.example"}, {"host": "new.example"}, [ANNA])
    ended = run_here("sign-in", plan, "--data-dir", tmp_path / "data")
    assert ended.returncode == 2
    assert "logs in with passwords" in ended.stderr


class Child:
    """`tui-migrate sign-in PLAN` in a terminal of somebody's own."""

    def __init__(self, folder: Path, at: Place, imap: ImapDouble) -> None:
        oauth = {"provider": "custom", "sign_in": "browser", "client_id": "public", "scope": "mail"}
        oauth |= {"token_url": at.server.url("/token"), "authorization_url": at.server.url("/authorize")}
        server: Keys = encrypted(imap.port, at.ca, oauth=oauth)
        rows = [{"Source": ANNA, "Destination": ANNA, "Destination password": "secret"}]
        plan = write_plan(folder, server, {"host": "new.example"}, rows)
        command = [sys.executable, "-m", "tui_migrate", "sign-in", str(plan), "--data-dir", str(folder / "data")]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.said = ""

    def until(self, beginning: str) -> str:
        """The next line that begins so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith(beginning):
                return line.strip()
        raise AssertionError(self.said)

    def end(self, typed: str = "") -> tuple[int, str]:
        out, err = self.process.communicate(typed, timeout=300)
        self.said += out + err
        return self.process.returncode, self.said


@only("custom")
def test_the_address_that_the_browser_ends_at_is_pasted(at: Place, imap: ImapDouble, tmp_path: Path) -> None:
    child = Child(tmp_path, at, imap)
    landed = at.browse(child.until("https://"))
    code, said = child.end(f"http://127.0.0.1/?code=x&state=y\n{landed}\n")
    assert code == 0, said
    assert "That address does not belong to this sign-in" in said
    assert said.count("✔") == 6
    issued = at.server.books.issued[0]
    assert issued.access not in said
    assert issued.refresh not in said
    with closing(open_service(tmp_path / "data")) as service:
        what = [each.what for each in service.logs.events(limit=2)]
    assert what[0] == f"signed in for {ANNA}, at the source"
    assert run_here("sign-in", "Test", "--data-dir", tmp_path / "data").stdout.count("✔") == 6


@only("custom")
def test_ctrl_c_cancels(at: Place, imap: ImapDouble, tmp_path: Path) -> None:
    child = Child(tmp_path, at, imap)
    child.until("https://")
    os.kill(child.process.pid, signal.SIGINT)
    code, said = child.end()
    assert (code, at.server.books.issued) == (130, [])
    assert "Cancelled." in said
    assert "Traceback" not in said
