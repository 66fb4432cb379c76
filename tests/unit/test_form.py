"""The texts of a form: read as a migration, with each mistake at its field; written, and read back the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.config.folders import names as names_in
from tui_migrate.config.form import read_form, read_trial, write_form
from tui_migrate.errors import BadInput
from tui_migrate.model import AdminLogin, ImapServer, Login, Migration, MigrationSpec, Secret, Security, Side, Wanted

ROOT = AdminLogin("root", Secret("hidden"), "separator:*")
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip)
SERVERS = st.builds(
    ImapServer,
    host=st.sampled_from(["imap.old.example", "192.0.2.1", "2001:db8::1"]),
    security=st.sampled_from(Security),
    port=st.integers(1, 65535),
    max_connections=st.integers(2, 999),
    path_prefix=st.sampled_from(["", "INBOX."]),
    admin=st.sampled_from([None, ROOT, AdminLogin("root", Secret("hidden"), "authzid")]),
)


def stored(spec: MigrationSpec) -> Migration:
    return Migration(7, spec.title, spec.source, spec.destination, spec.excluded_folders, Wanted.IDLE)


def texts(**changes: str) -> dict[str, str]:
    """A form that is right but for these; `source__host` is `source.host`."""
    right = {"title": "New", "source.host": "old.example", "destination.host": "new.example"}
    return write_form(None) | right | {name.replace("__", "."): text for name, text in changes.items()}


def mistakes(form: dict[str, str], **passwords: str) -> dict[str, str]:
    secrets = {name.replace("__", "."): Secret(text) for name, text in passwords.items()}
    with pytest.raises(BadInput) as bad:
        read_form(form, secrets, None, ["Taken"])
    return {problem.place: problem.text for problem in bad.value.problems}


def test_a_new_form_has_the_defaults() -> None:
    spec = read_form(texts(), {}, None, [])
    assert spec == MigrationSpec("New", ImapServer("old.example"), ImapServer("new.example"))


@given(
    st.builds(
        MigrationSpec,
        title=st.sampled_from(["Head office", "日本", "a, b"]),
        source=SERVERS,
        destination=SERVERS,
        excluded_folders=st.lists(NAMES).map(tuple),
    )
)
def test_what_is_written_is_read_back_the_same(spec: MigrationSpec) -> None:
    assert read_form(write_form(stored(spec)), {}, stored(spec), ["Another"]) == spec


@given(st.text())
def test_any_text_is_a_list_of_folders(text: str) -> None:
    assert all(names_in(text, ",\n"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("\n ,, \n", []),
        ("Junk", ["Junk"]),
        ("Junk, Trash/* ,Spam", ["Junk", "Trash/*", "Spam"]),
        (" Junk \nDeleted Items\n\n", ["Junk", "Deleted Items"]),
        ('"Smith, John", "say ""hi""", " blank "', ["Smith, John", 'say "hi"', " blank "]),
        ('the "old" one', ['the "old" one']),
        ('""', []),
    ],
)
def test_folders_are_one_a_line_or_have_commas_between_them(text: str, names: list[str]) -> None:
    assert names_in(text, ",\n") == names


def test_every_mistake_is_said_at_its_field() -> None:
    form = texts(
        title="Taken",
        source__host="",
        source__port="abc",
        source__login="admin",
        source__admin__style="separator:x",
        destination__host="new.example:993",
        destination__max_connections="9" * 5000,
    )
    assert mistakes(form) == {
        "title": "another migration has this title",
        "source.host": "must not be empty",
        "source.port": "must be a whole number from 1 to 65535",
        "source.admin.user": "must not be empty",
        "source.admin.password": "must not be empty",
        "source.admin.style": "must be authzid, or separator: and one sign that is no letter, as in separator:*",
        "destination.host": "must be a host name or an address alone; the port has a place of its own",
        "destination.max_connections": "must be a whole number from 1",
    }


def test_blanks_around_what_is_pasted_are_not_meant() -> None:
    spec = read_form(texts(title=" New ", source__host=" old.example\t", source__port=" 993 "), {}, None, [])
    assert (spec.title, spec.source) == ("New", ImapServer("old.example"))


def test_a_ca_file_must_hold_certificates(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("secret-looking text")
    (complaint,) = mistakes(texts(source__ca_file=str(tmp_path / "ca.pem"))).values()
    assert complaint.endswith("holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")


def test_a_password_is_kept_unless_one_is_typed_or_the_login_goes() -> None:
    before = stored(MigrationSpec("Old", ImapServer("old.example", admin=ROOT), ImapServer("new.example")))
    form = write_form(before)
    assert "hidden" not in str(form)
    assert read_form(form, {}, before, []).source.admin == ROOT
    typed = read_form(form, {"source.admin.password": Secret("typed")}, before, []).source.admin
    assert typed is not None
    assert typed.password == Secret("typed")
    assert read_form(form | {"source.login": "own"}, {}, before, []).source.admin is None


def test_a_password_of_the_other_side_is_not_borrowed() -> None:
    before = stored(MigrationSpec("Old", ImapServer("old.example", admin=ROOT), ImapServer("new.example")))
    form = write_form(before) | {"destination.login": "admin", "destination.admin.user": "root"}
    with pytest.raises(BadInput) as bad:
        read_form(form, {}, before, [])
    assert [problem.place for problem in bad.value.problems] == ["destination.admin.password"]


def test_one_side_is_tried_whatever_the_other_is_like() -> None:
    form = texts(destination__host="", source__trial__user="alice")
    password = {"source.trial.password": Secret("hers")}
    assert read_trial(Side.SOURCE, form, password, None) == (ImapServer("old.example"), Login("alice", Secret("hers")))
    assert read_trial(Side.SOURCE, texts(destination__host=""), {}, None) == (ImapServer("old.example"), None)
    with pytest.raises(BadInput) as bad:
        read_trial(Side.SOURCE, form, {}, None)
    assert [problem.place for problem in bad.value.problems] == ["source.trial.password"]


def test_with_an_admin_a_mailbox_alone_is_enough_to_try() -> None:
    form = texts(source__login="admin", source__admin__user="root", source__trial__user="alice")
    _, login = read_trial(Side.SOURCE, form, {"source.admin.password": Secret("hidden")}, None)
    assert login is not None
    assert login.admin == AdminLogin("root", Secret("hidden"), "authzid")
