"""`tui-migrate from USER@OLD to USER@NEW`, as somebody tries it who knows two addresses and a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.servers.forward_proxies import SocksProxy
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.web import Asked, Page, WebServer
from tests.support.internet import Internet
from tests.support.oauth import TOKEN, given
from tui_migrate.cli import main
from tui_migrate.engine.process import Lock

ANNA, NEW = "anna@old.example", "anna@new.example"


@pytest.fixture
def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Two domains: the old one has records, the new one a usual name."""
    with Internet(tmp_path, monkeypatch) as made:
        made.dns.records = {("_imaps._tcp.old.example", "SRV"): ["0 1 993 box.host.example."]}
        yield made


def mailbox(internet: Internet, host: str, user: str, password: str = "secret") -> tuple[ImapDouble, Mailbox]:
    box = Mailbox(user, password)
    server = ImapDouble([box], tls=internet.context(host))
    internet.put(host, 993, server)
    return server, box


@pytest.fixture
def ends(internet: Internet) -> tuple[tuple[ImapDouble, Mailbox], tuple[ImapDouble, Mailbox]]:
    old = mailbox(internet, "box.host.example", ANNA)
    for number in range(3):
        old[1].folders["INBOX"].add(f"Subject: {number}\r\n\r\nbody\r\n".encode())
    return old, mailbox(internet, "mail.new.example", NEW)


def run(
    tmp_path: Path, *answers: str, addresses: tuple[str, str] = (ANNA, NEW), proxy: str = "", more: tuple[str, ...] = ()
) -> Result:
    words = ["from", addresses[0], "to", addresses[1], "--data-dir", str(tmp_path / "data"), "--proxy", proxy, *more]
    return CliRunner().invoke(main, words, input="".join(f"{each}\n" for each in answers))


def test_two_answers_and_a_password(
    tmp_path: Path, ends: tuple[tuple[ImapDouble, Mailbox], tuple[ImapDouble, Mailbox]]
) -> None:
    ended = run(tmp_path, "", "secret", "")
    assert ended.exit_code == 0, ended.output
    assert "1  box.host.example port 993, IMAP, TLS\n     found by DNS (SRV): _imaps._tcp.old.example" in ended.stdout
    assert "1  mail.new.example port 993, IMAP, TLS\n     found by a usual name: mail.new.example" in ended.stdout
    assert "3 listed = 3 copied" in ended.stdout
    assert len(ends[1][1].folders["INBOX"].messages) == 3
    again = run(tmp_path, "", "secret", "")
    assert "3 listed = 0 copied + 3 brought earlier" in again.stdout
    assert len(ends[1][1].folders["INBOX"].messages) == 3


def test_nothing_is_sent_a_password_before_it_was_agreed_to(
    tmp_path: Path, ends: tuple[tuple[ImapDouble, Mailbox], tuple[ImapDouble, Mailbox]]
) -> None:
    for answers in (("no",), (), ("3 1", "x", "1", "no")):
        ended = run(tmp_path, *answers)
        assert ended.exit_code == 130
        assert "Nothing was started." in ended.stderr
    said = {command.split()[0] for server, _ in ends for command in server.commands}
    assert not said & {b"LOGIN", b"AUTHENTICATE"}


def test_another_server_is_chosen_and_a_password_of_its_own(
    tmp_path: Path, internet: Internet, ends: tuple[tuple[ImapDouble, Mailbox], tuple[ImapDouble, Mailbox]]
) -> None:
    other, box = mailbox(internet, "imap.old.example", ANNA, "other")
    box.folders["INBOX"].add(b"Subject: here\r\n\r\n\r\n")
    ended = run(tmp_path, "2 1", "wrong", "other", "secret")
    assert ended.exit_code == 0, ended.output
    assert "box.host.example" in ended.stdout
    assert "1 listed = 1 copied" in ended.stdout
    assert not any(command.split()[0] in (b"LOGIN", b"AUTHENTICATE") for command in ends[0][0].commands)
    assert other.unexpected == []


def test_a_refused_password_is_asked_for_again_a_few_times(
    tmp_path: Path, ends: tuple[tuple[ImapDouble, Mailbox], tuple[ImapDouble, Mailbox]]
) -> None:
    ended = run(tmp_path, "", "wrong", "bad", "worse", "secret")
    assert ended.exit_code == 130
    assert ended.stdout.count("Password of anna@old.example at box.host.example") == 3
    assert ended.stderr.count("refused the login of anna@old.example") == 3


def test_what_is_refused_is_shown_and_cannot_be_chosen(tmp_path: Path, internet: Internet) -> None:
    internet.put("box.host.example", 993, ImapDouble([], tls=internet.context("elsewhere.example")))
    ended = run(tmp_path)
    assert ended.exit_code == 2
    assert "✖  box.host.example port 993, IMAP, TLS" in ended.stdout
    assert "is made for another host name" in ended.stdout
    assert ended.stdout.count("no server was found") == 2
    assert "Nothing was started." in ended.stderr


def test_where_there_are_no_passwords_it_says_what_to_do(
    tmp_path: Path, internet: Internet, ends: tuple[tuple[ImapDouble, Mailbox], tuple[ImapDouble, Mailbox]]
) -> None:
    internet.dns.records["new.example", "MX"] = ["0 new-example.mail.protection.outlook.com."]
    server, _ = mailbox(internet, "outlook.office365.com", NEW)
    ended = run(tmp_path, "")
    assert ended.exit_code == 2
    assert "Microsoft 365 takes no passwords" in ended.stderr
    assert not any(b"LOGIN" in command for command in (*server.commands, *ends[0][0].commands))

    code = {"device_code": "d", "user_code": "ABCD", "verification_uri": "https://d.example", "interval": 0}

    def authority(asked: Asked) -> Page:
        if asked.target.endswith("/code"):
            return given(code)
        if asked.target.endswith("/token"):
            return given({"access_token": TOKEN, "expires_in": 3599, "refresh_token": "refresh-1"})
        ends = {"authorization": "sign-in", "token": "token", "device_authorization": "code"}
        found = {f"{each}_endpoint": f"https://login.microsoftonline.com/{end}" for each, end in ends.items()}
        return given({"issuer": "https://login.microsoftonline.com/organizations", **found})

    login = "login.microsoftonline.com"
    internet.put(login, 443, WebServer(authority, tls=internet.context(login)))
    server.opens = lambda user, token: (user, token) == (NEW, TOKEN)
    ended = run(tmp_path, "", "secret", more=("--client-id", "client-1"))
    assert ended.exit_code == 0, ended.output
    assert "Open this address in any browser:  https://d.example\n    Enter this code:  ABCD\n" in ended.stdout
    assert "3 listed = 3 copied" in ended.stdout
    assert TOKEN not in ended.output
    assert "ABCD" not in run(tmp_path, "", "secret", more=("--client-id", "client-1")).stdout


@pytest.mark.parametrize("wrong", ["anna", "@old.example", "anna@"])
def test_what_is_no_address_is_said_at_once(tmp_path: Path, wrong: str) -> None:
    ended = run(tmp_path, addresses=(wrong, NEW))
    assert ended.exit_code == 2
    assert f"{wrong} is no mail address" in ended.stderr.replace(":", "")
    assert not (tmp_path / "data").exists()


def test_nothing_is_asked_while_another_engine_has_the_store(tmp_path: Path, internet: Internet) -> None:
    (tmp_path / "data").mkdir()
    with Lock(tmp_path / "data" / "engine.lock"):
        ended = run(tmp_path)
    assert (ended.exit_code, ended.stdout, internet.dialled) == (3, "", [])
    assert "An engine works on this store already" in ended.stderr


def test_by_a_proxy_nothing_goes_beside_it(tmp_path: Path, internet: Internet) -> None:
    boxes = Mailbox(ANNA), Mailbox(NEW)
    boxes[0].folders["INBOX"].add(b"Subject: one\r\n\r\n\r\n")
    names = "imap.old.example", "imap.new.example"
    with (
        ImapDouble([boxes[0]], tls=internet.context(names[0])) as old,
        ImapDouble([boxes[1]], tls=internet.context(names[1])) as new,
        SocksProxy({(names[0], 993): old.port, (names[1], 993): new.port}) as proxy,
    ):
        ended = run(tmp_path, "", "secret", "", more=("--proxy", proxy.url))
        assert ended.exit_code == 0, ended.output
        assert old.connections + new.connections == len(
            [each for each in proxy.asked if each.host in names and each.port == 993]
        )
    assert "✖  The DNS was not asked" in ended.stdout
    assert ended.stdout.count("✖") == 2
    assert (internet.dialled, internet.dns.asked) == ([], [])
    assert len(boxes[1].folders["INBOX"].messages) == 1


def test_a_proxy_that_is_none_is_said(tmp_path: Path, internet: Internet) -> None:
    assert "proxy" in run(tmp_path, more=("--proxy", "ftp://x")).stderr
    ended = run(tmp_path, more=("--proxy", "socks5://127.0.0.1:9"))
    assert ended.exit_code == 3
    assert "127.0.0.1:9" in ended.stderr or "127.0.0.1 port 9" in ended.stderr
