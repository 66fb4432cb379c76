"""Plan files: what they say, all their mistakes at once, and that a written plan is read back the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from tests.support.servers import network
from tui_migrate.config.dump import dump_plan
from tui_migrate.config.plan import Plan, load_plan
from tui_migrate.errors import BadInput
from tui_migrate.model import AdminLogin, FolderRule, ImapServer, MigrationSpec, Secret, Security

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SMALLEST = """
[migration]
title = "Head office"
[source]
host = "imap.old.example"
[destination]
host = "imap.new.example"
[accounts]
file = "accounts.csv"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all that a plan may name."""
    return furnish(tmp_path)


def furnish(folder: Path) -> Path:
    (folder / "accounts.csv").write_text("Source,Password,Destination\nalice@old,account-secret,alice@new\n")
    (folder / "ca.pem").write_text(PEM)
    secret = folder / "admin.secret"
    secret.touch(mode=0o600)
    secret.write_text("admin-secret \r\nsecond line")
    return folder


def load(folder: Path, text: str) -> Plan:
    plan = folder / "plan.toml"
    plan.write_text(text, encoding="utf-8")
    return load_plan(plan)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadInput) as bad:
        load(folder, text)
    assert "admin-secret" not in bad.value.sentence
    assert "account-secret" not in bad.value.sentence
    return [str(problem) for problem in bad.value.problems]


def test_the_smallest_plan_has_the_defaults(folder: Path) -> None:
    plan = load(folder, SMALLEST)
    assert plan.migration == MigrationSpec(
        "Head office",
        ImapServer("imap.old.example", security=Security.TLS, port=993, max_connections=10),
        ImapServer("imap.new.example", security=Security.TLS, port=993, max_connections=10),
    )
    assert [account.source_user for account in plan.accounts] == ["alice@old"]
    assert plan.path == folder / "plan.toml"


def test_every_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "plan.toml").write_text(
        """
        migration = { title = "Every key", excluded_folders = ["Junk", "Trash/*", "日本"] }
        accounts = { file = "accounts.csv" }
        [source]
        protocol = "imap"
        host = "2001:db8::1"
        port = 10143
        security = "starttls"
        max_connections = 3
        path_prefix = "INBOX."
        ca_file = "ca.pem"
        admin = { user = "root", password_file = "admin.secret", style = "separator:*" }
        [destination]
        protocol = "imap"
        host = "imap.new.example"
        security = "none"
        [destination.admin]
        user = "migrator"
        password_file = "admin.secret"
        """
    )
    monkeypatch.chdir(folder.parent)
    plan = load_plan(Path(folder.name, "plan.toml"))
    assert plan.migration == MigrationSpec(
        "Every key",
        ImapServer(
            "2001:db8::1",
            security=Security.STARTTLS,
            port=10143,
            max_connections=3,
            path_prefix="INBOX.",
            ca_file=str(folder / "ca.pem"),
            admin=AdminLogin("root", Secret("admin-secret "), "separator:*"),
        ),
        ImapServer(
            "imap.new.example",
            security=Security.NONE,
            port=143,
            admin=AdminLogin("migrator", Secret("admin-secret "), "authzid"),
        ),
        ("Junk", "Trash/*", "日本"),
    )


@pytest.mark.parametrize(("security", "port"), [("tls", 993), ("starttls", 143), ("none", 143)])
def test_the_port_follows_the_security(folder: Path, security: str, port: int) -> None:
    plan = load(folder, SMALLEST.replace("[destination]", f'security = "{security}"\n[destination]'))
    assert network(plan.migration.source).port == port


def test_all_mistakes_at_once_with_their_keys_and_the_nearest_known_one(folder: Path) -> None:
    (folder / "accounts.csv").write_text("Source,Password,Destination\nalice@old,,alice@new\n,pw,x\n")
    (folder / "ca.pem").write_text("no certificate")
    (folder / "admin.secret").chmod(0o640)
    assert mistakes(
        folder,
        """
        [migration]
        titel = "Head office"
        excluded_folders = "Junk"
        [sorce]
        [source]
        host = "imap.old.example:993"
        port = 65536
        security = "start-tls"
        max_connections = 0
        protcol = "imap"
        ca_file = "ca.pem"
        [destination]
        protocol = "pop"
        port = "993"
        max_connections = true
        path_prefix = 3
        ca_file = "absent.pem"
        [destination.admin]
        password = "hunter2"
        password_file = "admin.secret"
        style = "separator"
        [accounts]
        file = "accounts.csv"
        color = 1
        """,
    ) == [
        "plan.toml: sorce: unknown table; did you mean source?",
        "plan.toml: migration.titel: unknown key; did you mean title?",
        "plan.toml: source.protcol: unknown key; did you mean protocol?",
        "plan.toml: migration.title: is missing",
        'plan.toml: migration.excluded_folders: must be a list of texts, none of them empty: ["Junk", "Trash/*"]',
        "plan.toml: source.host: must be a host name or an address alone; the port has a place of its own",
        "plan.toml: source.security: must be tls, starttls or none; did you mean starttls?",
        "plan.toml: source.port: must be a whole number from 1 to 65535",
        f"plan.toml: source.ca_file: {folder}/ca.pem holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
        "plan.toml: source.max_connections: must be a whole number from 1",
        "plan.toml: destination.protocol: POP3 cannot store mail; a destination is imap or maildir",
        "plan.toml: destination.host: is missing",
        "plan.toml: destination.port: must be a whole number from 1 to 65535",
        "plan.toml: destination.path_prefix: must be text in quotation marks",
        f"plan.toml: destination.ca_file: {folder}/absent.pem cannot be read: No such file or directory",
        "plan.toml: destination.max_connections: must be a whole number from 1",
        "plan.toml: destination.admin.password: unknown key; did you mean password_file?",
        "plan.toml: destination.admin.user: is missing",
        "plan.toml: destination.admin.style: must be authzid, or separator: and one sign that is no letter, "
        "as in separator:*",
        f"plan.toml: destination.admin.password_file: others can read {folder}/admin.secret: chmod 600 it",
        "plan.toml: accounts.color: unknown key; known are file, encoding, folders",
        "accounts.csv line 2: Password is empty",
        "accounts.csv line 3: Source is empty",
    ]


def test_an_empty_plan_is_told_all_that_it_needs(folder: Path) -> None:
    assert mistakes(folder, "") == [
        "plan.toml: migration.title: is missing",
        "plan.toml: source.host: is missing",
        "plan.toml: destination.host: is missing",
        "plan.toml: accounts.file: is missing",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"Head office"', '" "', "migration.title: must not be empty"),
        ('"Head office"', '"two\\nlines"', "migration.title: must be one line without control characters"),
        ('"Head office"', '"x"\nexcluded_folders = [""]', "migration.excluded_folders: must be a list of texts, none"),
        ('"Head office"', '"x"\nexcluded_folders = ["a\\t"]', "migration.excluded_folders: must hold no control"),
        ('"imap.old.example"', '"imaps://old"', "source.host: must be a host name or an address alone"),
        ('"imap.old.example"', '"old"\nprotocol = "smtp"', "source.protocol: must be imap or pop"),
        ('"imap.old.example"', '"old"\nport = 0', "source.port: must be a whole number from 1 to 65535"),
        ('"imap.old.example"', '"old"\nport = 993.0', "source.port: must be a whole number from 1 to 65535"),
        ('"imap.old.example"', '"old"\nadmin = "root"', "source.admin: must be a table: [source.admin]"),
        ('"accounts.csv"', '"absent.csv"', "accounts.file: {folder}/absent.csv cannot be read: No such file"),
        ('"accounts.csv"', '"."', "accounts.file: {folder} cannot be read: Is a directory"),
    ],
)
def test_one_mistake_is_one_problem(folder: Path, old: str, new: str, problem: str) -> None:
    [found] = mistakes(folder, SMALLEST.replace(old, new))
    assert found.startswith(f"plan.toml: {problem.format(folder=folder)}")


def test_a_move_within_one_server_needs_two_of_its_connections(folder: Path) -> None:
    within = SMALLEST.replace("imap.new.example", "imap.old.example")
    one = within.replace("[source]\n", "[source]\nmax_connections = 1\n")
    (mistake,) = mistakes(folder, one)
    assert mistake.startswith("plan.toml: source.max_connections: must be at least 2 on both sides")
    assert load(folder, within).migration.source.max_connections == 10


def test_folders_go_elsewhere_or_stay_behind(folder: Path) -> None:
    plan = load(folder, f'{SMALLEST}\n[folders]\nSent = "Archive/Sent"\n"Lists/dev [old]" = false\n"日本" = "Japan"')
    assert plan.rules == (
        FolderRule("Sent", "Archive/Sent"), FolderRule("Lists/dev [old]", None), FolderRule("日本", "Japan"),
    )  # fmt: skip
    assert load(folder, SMALLEST).rules == ()


def test_mistakes_in_folders(folder: Path) -> None:
    wrong = """
        [folders]
        a = true
        b = ""
        "c" = "x//y"
        d = "/x"
        e = ["x"]
        "f/" = "x"
        "" = false
        g.h = "x"
        i = "two\\nlines"
        """
    not_a_path = 'must be a folder in quotation marks ("Archive/2019"), or false to leave it behind'
    slash = "must have a name before and after every slash, as in Archive/2019"
    empty = "must not be empty: a path is wanted, such as Archive/2019"
    assert mistakes(folder, SMALLEST + wrong) == [
        f"plan.toml: folders.a: {not_a_path}",
        f"plan.toml: folders.b: {empty}",
        f"plan.toml: folders.c: {slash}",
        f"plan.toml: folders.d: {slash}",
        f"plan.toml: folders.e: {not_a_path}",
        f"plan.toml: folders.f/: the name {slash}",
        f"plan.toml: folders.: the name {empty}",
        f"plan.toml: folders.g: {not_a_path}",
        "plan.toml: folders.i: must be one line without control characters",
    ]
    assert mistakes(folder, SMALLEST.replace("[migration]", "folders = 3\n[migration]")) == [
        "plan.toml: folders: must be a table: [folders]"
    ]


ADMIN = 'user = "root"\npassword_file = "admin.secret"'


@pytest.mark.parametrize(
    ("admin", "problem"),
    [
        ('user = "root"', "password_file: is missing"),
        ('user = "ro\u200bot"\npassword_file = "admin.secret"', "user: has an invisible character in it (U+200B)"),
        (f'{ADMIN}\nstyle = "separator:"', "style: must be authzid, or separator:"),
        (f'{ADMIN}\nstyle = "separator:a"', "style: must be authzid, or separator:"),
        (f'{ADMIN}\nstyle = "plain"', "style: must be authzid, or separator:"),
        ('user = "root"\npassword_file = "absent"', "password_file: {folder}/absent cannot be read: No such file"),
        ('user = "root"\npassword_file = "empty"', "password_file: the first line of {folder}/empty is empty"),
        ('user = "root"\npassword_file = "binary"', "password_file: {folder}/binary is not UTF-8 text"),
    ],
)
@pytest.mark.parametrize("side", ["source", "destination"])
def test_mistakes_in_an_admin_login(folder: Path, side: str, admin: str, problem: str) -> None:
    for name, data in {"empty": b"\nsecond", "binary": b"\xff\xfe"}.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(data)
    [found] = mistakes(folder, f"{SMALLEST}\n[{side}.admin]\n{admin}")
    assert found.startswith(f"plan.toml: {side}.admin.{problem.format(folder=folder)}")


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644, 0o610])
def test_a_password_file_that_others_can_open_is_refused(folder: Path, mode: int) -> None:
    (folder / "admin.secret").chmod(mode)
    [found] = mistakes(folder, f"{SMALLEST}\n[destination.admin]\n{ADMIN}")
    assert "chmod 600" in found


def test_with_admin_logins_the_accounts_need_no_passwords(folder: Path) -> None:
    (folder / "accounts.csv").write_text("Source,Destination\na,b\n")
    assert mistakes(folder, SMALLEST) == ["accounts.csv line 1: the heading Password is missing"]
    assert mistakes(folder, f"{SMALLEST}\n[source.admin]\n{ADMIN}") == [
        "accounts.csv line 1: the heading Destination Password is missing"
    ]
    assert load(folder, f"{SMALLEST}\n[source.admin]\n{ADMIN}\n[destination.admin]\n{ADMIN}").accounts


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[migration]\ntitle = "x"\nhost = unquoted\n', "plan.toml line 3"),
        ("[migration]\n[migration]\n", "plan.toml line 2"),
        ('[migration]\n\ntitle = "open', "plan.toml line 3"),
        ("[migration]\ntitle", "plan.toml line 2"),
    ],
)
def test_what_is_not_toml_is_one_problem_with_its_line(folder: Path, text: str, place: str) -> None:
    [found] = mistakes(folder, text)
    assert found.startswith(f"{place}: is not TOML: ")


def test_a_plan_from_a_windows_editor(folder: Path) -> None:
    plan = folder / "plan.toml"
    plan.write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert load_plan(plan).migration.title == "Head office"
    plan.write_bytes(SMALLEST.replace("Head", "Privé").encode("cp1252"))
    with pytest.raises(BadInput, match=r"^plan.toml line \d+: is not UTF-8, which TOML must be: save it as UTF-8$"):
        load_plan(plan)


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^absent.toml: cannot be read: No such file or directory$"):
        load_plan(tmp_path / "absent.toml")


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("plans"))


ONE_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C"]))
VISIBLE = ONE_LINE.filter(str.strip)


def servers(ca_file: str) -> st.SearchStrategy[ImapServer]:
    admins = st.builds(
        AdminLogin,
        VISIBLE,
        st.just(Secret("admin-secret ")),
        st.sampled_from(["authzid", "separator:*", "separator:%", "separator:+"]),
    )
    return st.builds(
        ImapServer,
        host=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True) | st.ip_addresses().map(str),
        security=st.sampled_from(Security),
        port=st.integers(1, 65535),
        max_connections=st.integers(2, 10_000),
        path_prefix=ONE_LINE,
        ca_file=st.sampled_from(["", ca_file]),
        admin=st.none() | admins,
    )


@given(st.data())
def test_a_written_plan_is_read_back_the_same(shared_folder: Path, data: st.DataObject) -> None:
    server = servers(str(shared_folder / "ca.pem"))
    spec = data.draw(st.builds(MigrationSpec, VISIBLE, server, server, st.lists(VISIBLE).map(tuple)))
    text = dump_plan(
        spec, "accounts.csv", source_password_file="admin.secret", destination_password_file="admin.secret"
    )
    assert "admin-secret" not in text
    plan = load(shared_folder, text)
    assert plan.migration == spec
    assert [account.source_user for account in plan.accounts] == ["alice@old"]


VALUES = st.recursive(
    st.sampled_from(["", "imap", "tls", "accounts.csv", "admin.secret", "ca.pem", ".", "\n", "a\0b", 1, -1, 2.5, True])
    | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["title", "host", "port", "security", "ca_file", "admin", "password_file", "file", "", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:00-12:00", "0001-01-01T00:00:00+12:00"])
@pytest.mark.parametrize("key", ["start_at", "since", "max_message_size"])
def test_a_moment_that_no_clock_here_shows_is_told(shared_folder: Path, key: str, moment: str) -> None:
    text = f'migration.title = "x"\nmigration.{key} = {moment}\n'
    assert any(f"migration.{key}: must be" in each for each in mistakes(shared_folder, text))


@given(st.dictionaries(st.sampled_from(["migration", "source", "destination", "folders", "accounts", "x"]), VALUES))
def test_no_toml_whatever_makes_it_stumble(shared_folder: Path, tables: dict[str, object]) -> None:
    assert mistakes(shared_folder, tomli_w.dumps(tables))
