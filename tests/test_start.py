"""What a command has no use for is not imported by it: that is most of how long it takes to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PLAN = """\
[migration]
title = "Office"
[source]
protocol = "maildir"
folder = "{folder}/source"
[destination]
protocol = "maildir"
folder = "{folder}/destination"
[accounts]
file = "accounts.csv"
"""

SCREENS = {"textual", "rich", "tui_migrate.ui"}
PROTOCOLS = {"imapclient", "imaplib", "poplib", "smtplib", "tui_migrate.mail"}
STORE = {"sqlalchemy", "sqlite3", "tui_migrate.store"}
WRITTEN = {"tomli_w", "tui_migrate.report", "tui_migrate.notices.message", "tui_migrate.service.bundles"}
"""What makes files and mails for people."""
READ = {"tomllib", "difflib", "tui_migrate.config.plan", "tui_migrate.config.typed"}
"""What reads those of people."""
FILES = {"eml", "mapi", "mbox", "msg", "pst"}
KINDS = {f"tui_migrate.mail.{name}" for name in ("imap.mailbox", "imap.wire", "pop", *FILES)}
LATER = {"alembic", "cryptography.x509", "platformdirs", "python_socks", "zoneinfo", "tzlocal"}
TOKENS = {"dns", "msal", "google", "jwt", "requests", "urllib3", "tui_migrate.mail.oauth", "tui_migrate.mail.discovery"}

WORK = {"cryptography", "tui_migrate.engine.copying", "tui_migrate.store.journal"}
LOOKS = SCREENS | PROTOCOLS | WRITTEN | READ | LATER | WORK | TOKENS | {"sqlalchemy", "asyncio", "ssl", "email"}
OTHERS = {"sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql", "sqlalchemy.orm"}
"""Of SQLAlchemy: what no store of ours needs."""

UNUSED = {
    "--help": LOOKS | STORE | {"json", "tui_migrate.model", "tui_migrate.service"},
    "status": LOOKS,
    "failures": LOOKS,
    "remarks": LOOKS,
    "run": SCREENS | WRITTEN | KINDS | LATER | OTHERS | TOKENS | {"smtplib", "difflib"},
}
"""Command -> what it must not import, with all that lies in it."""

TEXTUALS = {"difflib", "platformdirs"}
"""Textual imports them itself."""
ENGINE = {f"tui_migrate.engine.{name}" for name in ("audit", "choosing", "copying", "supervisor")}
FIRST_SCREEN = PROTOCOLS | WRITTEN | READ | LATER | TOKENS | ENGINE | {"cryptography", "textual.widgets._text_area"}
OTHER_SCREENS = {f"tui_migrate.ui.screens.{name}" for name in ("accounts", "account", "check", "log", "migration_form")}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plan, mailboxes in it, and a store in which the plan has been carried out."""
    folder = tmp_path_factory.mktemp("office")
    for place in ("source/ada/cur", "source/ada/new", "source/ada/tmp", "destination"):
        (folder / place).mkdir(parents=True)
    (folder / "plan.toml").write_text(PLAN.format(folder=folder))
    (folder / "accounts.csv").write_text("Source,Destination\nada,ada\n")
    imported("-m", "tui_migrate", "run", str(folder / "plan.toml"), data_dir=folder / "data")
    return folder


def imported(*words: str, data_dir: Path) -> set[str]:
    """The modules that Python imports with these arguments."""
    command = [sys.executable, "-X", "importtime", *words]
    environment = {**os.environ, "TUI_MIGRATE_DATA_DIR": str(data_dir)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def among(found: set[str], unused: set[str]) -> Sequence[str]:
    """Those of the modules that are one of `unused`, or lie in one."""
    return sorted(each for each in found if any(f"{each}.".startswith(f"{name}.") for name in unused))


@pytest.mark.parametrize("command", UNUSED)
def test_a_command_imports_nothing_that_it_does_not_use(office: Path, command: str) -> None:
    words = [command, str(office / "plan.toml")] if command == "run" else [command]
    found = imported("-m", "tui_migrate", *words, data_dir=office / "data")
    assert "tui_migrate.cli" in found
    assert among(found, UNUSED[command]) == []


def test_the_dashboard_imports_what_its_first_screen_shows(office: Path) -> None:
    found = imported("-c", "import tui_migrate.ui.app", data_dir=office / "data")
    assert "tui_migrate.ui.screens.migrations" in found
    assert among(found, FIRST_SCREEN - TEXTUALS | OTHER_SCREENS) == []


def test_what_is_imported_is_found_out() -> None:
    """So that the tests above cannot pass for want of names."""
    assert among({"json", "email.message", "emails"}, {"email"}) == ["email.message"]
