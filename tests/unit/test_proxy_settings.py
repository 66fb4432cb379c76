"""The way by a proxy: as a plan and a form say it, every mistake at its place, and a password that stays with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from tui_migrate.config.dump import dump_plan
from tui_migrate.config.form import read_form, read_trial, write_form
from tui_migrate.config.notices import read_notice_form, write_notice_form
from tui_migrate.config.plan import StoredMigration, load_plan
from tui_migrate.errors import BadInput
from tui_migrate.model import (
    ImapServer,
    Migration,
    MigrationSpec,
    NoticeSettings,
    PopServer,
    ProxyLogin,
    Secret,
    Security,
    Side,
    Wanted,
)
from tui_migrate.service.changes import changes, needs_pause, new_logins, new_proxy_logins

SOCKS, HTTP = "socks5://proxy.example:1080", "http://[2001:db8::1]:3128"
PASSWORD = "Kiwi-3f9-geheim"
BOB = ProxyLogin("bob", Secret(PASSWORD))
OLD = ImapServer("imap.old.example", proxy=SOCKS, proxy_login=BOB)
NEW = ImapServer("imap.new.example")
LOGIN = {"user": "bob", "password_file": "proxy.secret"}
TYPED = {"source.proxy_login.password": Secret(PASSWORD)}


def plan(folder: Path, *, mail: Mapping[str, object] | None = None, **source: object) -> Path:
    (folder / "accounts.csv").write_text("Source,Password,Destination\na,b,c\n")
    secret = folder / "proxy.secret"
    secret.touch(0o600)
    secret.write_text(f"{PASSWORD}\nmore\n")
    tables: dict[str, object] = {
        "migration": {"title": "T"},
        "source": {"host": OLD.host, **source},
        "destination": {"host": NEW.host},
        "accounts": {"file": "accounts.csv"},
    }
    path = folder / "plan.toml"
    path.write_text(tomli_w.dumps(tables | ({"mail": mail} if mail else {})))
    return path


def problems(path: Path) -> dict[str, str]:
    with pytest.raises(BadInput) as bad:
        load_plan(path)
    return {each.place.removeprefix("plan.toml: "): each.text for each in bad.value.problems}


def stored(source: ImapServer, notices: NoticeSettings | None = None) -> StoredMigration:
    return StoredMigration(source, NEW, {}, notices)


def migration(source: ImapServer) -> Migration:
    return Migration(7, "T", source, NEW, (), Wanted.IDLE)


def form(**changes: str) -> dict[str, str]:
    right = {"title": "T", "source.host": OLD.host, "destination.host": NEW.host}
    return write_form(None) | right | {name.replace("__", "."): text for name, text in changes.items()}


# A plan


def test_a_plan_names_the_proxy_and_the_file_with_its_password(tmp_path: Path) -> None:
    found = load_plan(plan(tmp_path, proxy=f"{SOCKS}/", proxy_login=LOGIN)).migration
    assert (found.source, found.destination) == (OLD, NEW)
    assert PASSWORD not in repr(found)
    assert load_plan(plan(tmp_path, proxy=HTTP)).migration.source == replace(OLD, proxy=HTTP, proxy_login=None)


@pytest.mark.parametrize(
    "proxy",
    [
        *("proxy.example:1080", "socks5://proxy.example", "https://proxy.example:443", "socks4://proxy.example:1080"),
        *("socks5://proxy.example:0", "http://proxy.example:65536", "http://proxy.example:80/path", "socks5://:1080"),
        *("http://pro xy:80", "socks5://2001:db8::1:1080", "socks5://proxy.example:1080?x"),
    ],
)
def test_what_is_no_address_of_a_proxy_is_told(tmp_path: Path, proxy: str) -> None:
    said = "must be socks5://host:port or http://host:port; a proxy is asked without TLS"
    assert problems(plan(tmp_path, proxy=proxy)) == {"source.proxy": said}
    assert problems(plan(tmp_path, proxy=proxy, proxy_login=LOGIN)) == {"source.proxy": said}


def test_a_login_within_the_address_is_refused_and_not_quoted(tmp_path: Path) -> None:
    found = problems(plan(tmp_path, proxy=f"socks5://bob:{PASSWORD}@proxy.example:1080"))
    said = "must hold no user and no password: these have their place in a table of its own, [source.proxy_login]"
    assert found == {"source.proxy": said}
    mail = {"host": "smtp.example", "sender": "a@b.example", "proxy": f"http://bob:{PASSWORD}@proxy.example:3128"}
    assert "[mail.proxy_login]" in problems(plan(tmp_path, mail=mail))["mail.proxy"]


def test_mistakes_of_the_login_are_told_with_their_place(tmp_path: Path) -> None:
    assert problems(plan(tmp_path, proxy_login=LOGIN)) == {
        "source.proxy_login": "must be left out where there is no proxy"
    }
    assert problems(plan(tmp_path, proxy=SOCKS, proxy_login={"password": PASSWORD})) == {
        "source.proxy_login.password": "unknown key; did you mean password_file?",
        "source.proxy_login.user": "is missing",
        "source.proxy_login.password_file": "is missing; a stored password stays with the proxy and user that it was "
        "given for",
    }
    path = plan(tmp_path, proxy=SOCKS, proxy_login=LOGIN)
    (tmp_path / "proxy.secret").chmod(0o644)
    assert "chmod 600" in problems(path)["source.proxy_login.password_file"]
    path = plan(tmp_path, protocol="maildir", proxy=SOCKS, proxy_login=LOGIN)
    found = problems(path)
    assert found["source.proxy"] == "must be left out with maildir, which has no such setting"
    assert found["source.proxy_login"] == "must be left out with maildir, which no proxy leads to"


def test_a_stored_password_stays_with_its_proxy_and_user(tmp_path: Path) -> None:
    user = {"user": "bob"}
    kept = load_plan(plan(tmp_path, proxy=SOCKS, proxy_login=user), lambda title: stored(OLD))
    assert kept.migration.source == OLD
    for proxy, login in ((HTTP, user), (SOCKS, {"user": "eve"}), (SOCKS.replace("1080", "1081"), user)):
        with pytest.raises(BadInput, match="stays with the proxy and user"):
            load_plan(plan(tmp_path, proxy=proxy, proxy_login=login), lambda title: stored(OLD))


def test_a_plan_is_written_and_read_back_without_the_password(tmp_path: Path) -> None:
    notices = NoticeSettings("smtp.example", "a@b.example", proxy=HTTP, proxy_login=BOB)
    spec = MigrationSpec("T", OLD, NEW, notices=notices)
    text = dump_plan(spec, "accounts.csv")
    assert PASSWORD not in text
    path = plan(tmp_path)
    path.write_text(text)
    assert load_plan(path, lambda title: stored(OLD, notices)).migration == spec


def test_mail_to_users_has_a_way_of_its_own(tmp_path: Path) -> None:
    mail = {"host": "smtp.example", "sender": "a@b.example", "proxy": HTTP, "proxy_login": LOGIN}
    found = load_plan(plan(tmp_path, mail=mail)).migration.notices
    assert found is not None
    assert (found.server.proxy, found.server.proxy_login) == (HTTP, BOB)


# What belongs together


def test_a_server_is_the_same_by_whatever_way(tmp_path: Path) -> None:
    assert OLD.key == replace(OLD, proxy="").key == replace(OLD, proxy=HTTP).key


def test_a_password_is_bound_to_the_way_where_the_way_hears_it() -> None:
    assert OLD.bond == replace(OLD, proxy="").bond, "under TLS no proxy hears it"
    clear = replace(OLD, security=Security.NONE)
    ways = [replace(clear, proxy=proxy).bond for proxy in ("", SOCKS, HTTP)]
    assert len({*ways}) == 3
    assert {len(each) for each in ways} == {4}
    with_tls = NoticeSettings("smtp.example", "a@b.example", user="relay", password=Secret("word"))
    in_the_clear = replace(with_tls, security=Security.NONE, port=25)
    assert with_tls.is_at(replace(with_tls, proxy=SOCKS))
    assert not in_the_clear.is_at(replace(in_the_clear, proxy=SOCKS))


def test_the_way_cannot_change_while_mail_is_on_it_but_its_login_can() -> None:
    spec = MigrationSpec("T", replace(OLD, proxy=HTTP), NEW)
    assert needs_pause(migration(OLD), spec) == ["source proxy"]
    again = replace(spec, source=replace(OLD, proxy_login=ProxyLogin("bob", Secret("new"))))
    assert needs_pause(migration(OLD), again) == []
    assert changes(migration(OLD), again) == ["source proxy login"]
    assert new_proxy_logins(migration(OLD), again)
    assert not new_logins(migration(OLD), again)


# A form


def test_a_form_says_the_same() -> None:
    typed = form(source__proxy=f" {SOCKS} ", source__proxy_login__user="bob")
    assert read_form(typed, TYPED, None, []).source == OLD
    assert read_form(form(source__proxy=SOCKS), {}, None, []).source == replace(OLD, proxy_login=None)
    hidden = form(source__proxy_login__user="bob")
    assert read_form(hidden, TYPED, None, []).source == replace(OLD, proxy="", proxy_login=None)
    assert read_trial(Side.SOURCE, typed, TYPED, None)[0] == OLD


def test_mistakes_of_a_form_are_told_at_their_fields() -> None:
    def mistakes(passwords: Mapping[str, Secret], **changes: str) -> dict[str, str]:
        with pytest.raises(BadInput) as bad:
            read_form(form(**changes), passwords, None, [])
        return {each.place: each.text for each in bad.value.problems}

    assert mistakes({}, source__proxy="http://bob:word@proxy.example:80") == {
        "source.proxy": "must hold no user and no password: these have their place in the fields below"
    }
    assert mistakes(TYPED, source__proxy=SOCKS) == {"source.proxy_login.user": "must not be empty"}
    assert mistakes({}, source__proxy=SOCKS, source__proxy_login__user="bob").keys() == {"source.proxy_login.password"}


def test_a_form_keeps_the_password_for_the_same_proxy_and_user() -> None:
    texts = write_form(migration(OLD))
    assert PASSWORD not in str(texts)
    assert read_form(texts, {}, migration(OLD), []).source == OLD
    with pytest.raises(BadInput, match="stays with the proxy and user"):
        read_form(texts | {"source.proxy": HTTP}, {}, migration(OLD), [])
    assert read_form(texts | {"source.proxy": ""}, {}, migration(OLD), []).source == replace(
        OLD, proxy="", proxy_login=None
    )
    pop = read_form(texts | {"source.protocol": "pop", "source.port": "995"}, {}, migration(OLD), []).source
    assert pop == PopServer(OLD.host, proxy=SOCKS, proxy_login=BOB)
    old = read_form(
        texts | {"source.protocol": "maildir", "source.folder": str(Path.cwd())}, {}, migration(OLD), []
    ).source
    assert old.kind_name == "maildir"


def test_the_form_for_mail_to_users_says_the_same() -> None:
    own = NoticeSettings("smtp.example", "a@b.example", proxy=SOCKS, proxy_login=BOB)
    texts = write_notice_form(own)
    assert PASSWORD not in str(texts)
    assert read_notice_form(texts, {}, own) == own
    assert read_notice_form(texts, {"proxy_login.password": Secret("new")}, own) == replace(
        own, proxy_login=ProxyLogin("bob", Secret("new"))
    )
    with pytest.raises(BadInput, match="stays with the proxy and user"):
        read_notice_form(texts | {"proxy": HTTP}, {}, own)
