"""No password comes out: not in what is printed, stored, logged or shown to other processes, whatever goes wrong."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from stat import S_IMODE

import pytest
from click.testing import CliRunner, Result

from tests.conftest import DovecotFactory
from tests.engine.support import plain, run_here, write_plan
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem, write_maildir
from tests.support.doorman import CAPABILITIES, Doorman
from tui_migrate.cli import foreground, main
from tui_migrate.config.plan import load_plan
from tui_migrate.service import open_service
from tui_migrate.timing import Timing

PROJECT = Path(__file__).parents[2]
ITEMS = [MailItem("INBOX", b"Subject: one\r\n\r\none\r\n", frozenset(), 1_234_567_890)]
SOURCE = 'Kiwi-3f"9\\wörd'
WRONG = 'Mango-77 "wr\\ong'
DESTINATION = "Papaya-5c1d9"
ADMIN = "Quince-0admin0"
ALL = (SOURCE, WRONG, DESTINATION, ADMIN)
COMMANDS = (("status",), ("status", "--json"), ("failures",), ("failures", "--json"))


def forms(secret: str) -> Iterable[bytes]:
    """A secret as it may lie somewhere: as it is, quoted, escaped by JSON, and inside base64 at any offset."""
    raw = secret.encode()
    yield from (raw, secret.replace("\\", "\\\\").replace('"', '\\"').encode(), secret.encode("unicode_escape"))
    for offset in range(3):
        yield base64.b64encode(b"\0" * offset + raw)[4:-4]


def assert_clean(place: str, data: bytes | str) -> None:
    found = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    for secret in ALL:
        assert not any(form in found for form in forms(secret)), f"{secret!r} in {place}"


def assert_nothing_leaked(data_dir: Path, *outputs: subprocess.CompletedProcess[str] | Result) -> None:
    """In what the program has printed, what it prints when asked, its files, its audit trail."""
    shown = [CliRunner().invoke(main, [*words, "--data-dir", str(data_dir)]) for words in COMMANDS]
    assert [each.exit_code for each in shown] == [0] * len(shown)
    for each in (*outputs, *shown):
        assert_clean("what is printed", each.stdout + each.stderr)
    with closing(open_service(data_dir)) as service:
        assert_clean("the events", repr(service.logs.events()))
        assert_clean("reprs", repr([*service.migrations.listing(), *service.failures.listing()]))
        files = [path for path in data_dir.rglob("*") if path.is_file()]
        assert {"store.db", "store.db-wal", "vault.key"} <= {path.name for path in files}
        for path in files:
            assert_clean(str(path), path.read_bytes())


def test_the_search_finds_what_is_there() -> None:
    """Else the other tests would prove nothing."""
    for secret in ALL:
        token = base64.b64encode(f"\0somebody\0{secret}".encode()).decode()
        for leak in (f"LOGIN {secret}", f"AUTHENTICATE PLAIN {token}"):
            with pytest.raises(AssertionError, match="somewhere"):
                assert_clean("somewhere", leak)


def test_success_and_wrong_passwords(dovecot_factory: DovecotFactory, tmp_path: Path) -> None:
    admin = ("master", ADMIN)
    old, new = dovecot_factory(), dovecot_factory(DovecotOptions(master=admin))
    for user in ("good", "bad"):
        write_maildir(old.add_user(f"secrets-{user}", SOURCE), "/", ITEMS)
        new.add_user(f"secrets-{user}", DESTINATION)
    rows = [
        {"Source": "secrets-good", "Password": SOURCE, "Destination": "secrets-good"},
        {"Source": "secrets-bad", "Password": WRONG, "Destination": "secrets-bad"},
    ]
    (tmp_path / "admin.secret").touch(mode=0o600)
    (tmp_path / "admin.secret").write_text(ADMIN)
    keys = {"user": "master", "password_file": "admin.secret", "style": "separator:*"}
    plan = write_plan(tmp_path, plain(old.port), plain(new.port, admin=keys), rows)
    by_admin = run_here("run", plan, "--data-dir", tmp_path / "data")
    for row in rows:
        row["Destination Password"] = DESTINATION
    plan = write_plan(tmp_path, plain(old.port), plain(new.port), rows)
    by_themselves = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert [by_admin.returncode, by_themselves.returncode] == [1, 1]
    assert "1 listed = 1 copied" in by_admin.stdout
    assert_nothing_leaked(tmp_path / "data", by_admin, by_themselves)


@pytest.mark.parametrize(
    ("greeting", "answers"),
    [
        (CAPABILITIES, {"AUTHENTICATE": b"TAG NO I do not like LINE\r\n"}),
        (
            b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n",
            {"AUTHENTICATE": b"+ \r\n", "+": b"* BYE what is LINE\r\n"},
        ),
        (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", {"LOGIN": b"* NO LINE\r\nTAG BAD cannot read LINE\r\n"}),
        (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", {"LOGIN": b"LINE? that is no IMAP\r\n"}),
    ],
    ids=["NO to AUTHENTICATE", "BYE to the token", "BAD to LOGIN", "garbage"],
)
def test_a_server_that_says_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, greeting: bytes, answers: dict[str, bytes]
) -> None:
    """Such servers exist, and their words are shown to the admin and kept."""
    timing = Timing(give_up=-1.0, longest_wait=0.01)
    monkeypatch.setattr(foreground, "carry_out", partial(foreground.carry_out, timing=timing))
    row = {"Source": "alice", "Password": WRONG, "Destination": "alice", "Destination Password": DESTINATION}
    with Doorman(greeting, answers) as server:
        plan = write_plan(tmp_path, plain(server.port), plain(server.port), [row])
        ended = CliRunner().invoke(main, ["run", str(plan), "--data-dir", str(tmp_path / "data")])
    assert any(b"AUTHENTICATE" in line or b"LOGIN" in line for line in server.lines)
    assert ended.exit_code == 1
    assert "•••" in ended.stdout
    assert_nothing_leaked(tmp_path / "data", ended)


CRASH = """
from tui_migrate.cli import main
from tui_migrate.engine.copying.opening import Opening
Opening.plan = lambda self, *rest: {}[repr(vars(self)) + self._work.assignment.logins[0].password.reveal()]
main()
"""


def test_a_crash(dovecot_factory: DovecotFactory, tmp_path: Path) -> None:
    """A bug of ours in the middle of a run, with all that we know in the words of its error."""
    old, new = dovecot_factory(), dovecot_factory(DovecotOptions(separator="."))
    write_maildir(old.add_user("secrets-crash", SOURCE), "/", ITEMS)
    new.add_user("secrets-crash", DESTINATION)
    names = {"Source": "secrets-crash", "Destination": "secrets-crash"}
    row = {**names, "Password": SOURCE, "Destination Password": DESTINATION}
    plan = write_plan(tmp_path, plain(old.port), plain(new.port), [row])
    program = [sys.executable, "-c", CRASH, "run", str(plan), "--data-dir", str(tmp_path / "data")]
    crashed = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert crashed.returncode == 1
    assert "An internal fault (KeyError) ended this account." in crashed.stdout
    assert "KeyError" in (tmp_path / "data" / "log" / "engine.log").read_text()
    assert_nothing_leaked(tmp_path / "data", crashed)


def test_other_processes_and_other_users_see_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the background engine waits for a server that says nothing."""
    row = {"Source": "alice", "Password": SOURCE, "Destination": "alice", "Destination Password": DESTINATION}
    data = tmp_path / "data"
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))  # in case it is not installed
    with Doorman(b"") as server, closing(open_service(data)) as service:
        plan = load_plan(write_plan(tmp_path, plain(server.port), plain(server.port), [row]))
        service.migrations.start(service.plans.save(plan)[0])
        try:
            assert server.met.wait(120)
            engine = service.engine.status().pid
            for name in ("cmdline", "environ"):
                assert_clean(name, Path(f"/proc/{engine}/{name}").read_bytes())
            modes = {path: S_IMODE(path.stat().st_mode) for path in (data, *data.rglob("*"))}
            assert {modes[path] for path in modes if path.is_dir()} == {0o700}
            private = {path.name: mode for path, mode in modes.items() if path.is_file()}
            assert {"store.db", "store.db-wal", "vault.key", "engine.lock", "engine.out"} <= private.keys()
            assert private == dict.fromkeys(private, 0o600)
            assert_nothing_leaked(data)
        finally:
            if engine := service.engine.status().pid:
                os.kill(engine, signal.SIGKILL)
