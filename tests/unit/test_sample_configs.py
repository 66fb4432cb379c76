"""Every file in sample_configs/ is loaded, and says what its comments promise."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

from tests.support.oauth import service_account
from tests.support.servers import network
from tui_migrate.cli import main
from tui_migrate.cli.frame import STOPPED
from tui_migrate.config.migration import MIGRATION_KEYS
from tui_migrate.config.notices import NOTICE_KEYS
from tui_migrate.config.plan import Plan, load_plan
from tui_migrate.config.server import server_keys
from tui_migrate.model import ImapServer, Security, Side
from tui_migrate.model.declared import settings

SAMPLES = Path(__file__).parents[2] / "sample_configs"
UNIT = SAMPLES / "tui-migrate-engine.service"
PLANS = sorted(path.name for path in SAMPLES.glob("*.toml"))


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """The samples with the files beside them that an admin brings: passwords and a private CA."""
    folder = Path(shutil.copytree(SAMPLES, tmp_path / "samples"))
    for name in ("dovecot-master.secret", "exchange.secret", "new-server.secret", "microsoft-app.secret"):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(f"password of {name}\n")
    key = folder / "google-service-account.json"
    key.touch(mode=0o600)
    key.write_text(service_account())
    trustme.CA().cert_pem.write_to_path(folder / "plant2-ca.pem")
    return folder


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_loads(samples: Path, name: str) -> None:
    plan = load_plan(samples / name)
    assert plan.accounts
    for server in (plan.migration.source, plan.migration.destination):
        assert server.place.endswith(".example") or server.place.startswith(f"{samples}/")


def test_every_file_is_known() -> None:
    named = {tomllib.loads((SAMPLES / name).read_text("utf-8"))["accounts"]["file"] for name in PLANS}
    assert {path.name for path in SAMPLES.iterdir()} == named | {*PLANS, UNIT.name}


def test_the_service_runs_a_command_that_there_is(tmp_path: Path) -> None:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, encoding="utf-8")
    program, *words = unit["Service"]["ExecStart"].split()
    assert Path(program).name == "tui-migrate"
    assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0
    assert unit["Service"]["Restart"] == "on-failure"
    assert int(unit["Service"]["SuccessExitStatus"]) == STOPPED
    if judge := shutil.which("systemd-analyze"):
        copy = tmp_path / UNIT.name
        copy.write_text(UNIT.read_text("utf-8").replace(program, sys.executable), encoding="utf-8")
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
        said = subprocess.run([judge, "verify", "--user", copy], env=environment, capture_output=True, check=False)
        assert (said.returncode, said.stderr) == (0, b"")


def test_head_office_shows_every_key_that_a_server_has(samples: Path) -> None:
    source = tomllib.loads((samples / "head-office.toml").read_text("utf-8"))["source"]
    assert set(source) == {"protocol", *(each.key for each in settings(ImapServer))}
    plan = load_plan(samples / "head-office.toml")
    assert plan.migration.excluded_folders == ("Junk", "Trash/*")
    assert {rule.source: rule.target for rule in plan.rules} == {
        "Sent Items 2009": "Archive/Sent 2009",
        "Public/Newsletters": None,
    }
    assert [(a.priority, a.excluded_folders) for a in plan.accounts] == [
        (1, ()),
        (5, ()),
        (9, ("Lists", "Archive/2009")),
    ]
    assert plan.accounts[1].source_password.reveal() == "example, with a comma"
    assert plan.accounts[2].source_password.reveal() == 'example "quoted" word'


def test_the_keys_that_head_office_spells_out_are_the_defaults(samples: Path) -> None:
    plan = samples / "head-office.toml"
    spelled_out = load_plan(plan).migration
    kept = [
        line
        for line in plan.read_text("utf-8").splitlines()
        if not line.startswith(
            tuple({*server_keys(Side.SOURCE), *MIGRATION_KEYS} - {"host", "title", "excluded_folders"})
        )
    ]
    plan.write_text("\n".join(kept), encoding="utf-8")
    assert load_plan(plan).migration == spelled_out


def test_the_mail_that_head_office_has_switched_off_is_right_and_complete(samples: Path) -> None:
    plan = samples / "head-office.toml"
    text = plan.read_text("utf-8")
    assert load_plan(plan).migration.notices is None
    before, _, mail = text.partition("# [mail]\n")
    lines = [line.removeprefix("#").removeprefix(" ") for line in mail.splitlines()]
    lines = [line for line in lines if not line.startswith(("Subject and text", "{there} {excluded}"))]
    plan.write_text("\n".join([before, "[mail]", *lines]), encoding="utf-8")
    assert set(tomllib.loads(plan.read_text("utf-8"))["mail"]) == set(NOTICE_KEYS)
    plan.write_text(plan.read_text("utf-8").replace("password_file =", "# password_file ="), encoding="utf-8")
    settings = load_plan(plan).migration.notices
    assert settings is not None
    assert (settings.security, settings.port, settings.hold) == (Security.TLS, 465, True)
    assert "It holds {arrived} messages." in settings.text


def test_master_users_on_both_sides(samples: Path) -> None:
    plan: Plan = load_plan(samples / "dovecot-master-user.toml")
    old, new = plan.migration.source.admin, plan.migration.destination.admin
    assert old is not None
    assert new is not None
    assert (old.style, old.password.reveal()) == ("separator:*", "password of dovecot-master.secret")
    assert (new.style, new.password.reveal()) == ("authzid", "password of new-server.secret")


def test_tokens_on_both_sides(samples: Path) -> None:
    plan = load_plan(samples / "google-to-microsoft.toml").migration
    for token, provider in ((plan.source.token, "google"), (plan.destination.token, "microsoft")):
        assert token is not None
        assert token.secret is not None
        assert (token.provider, token.by_person) == (provider, False)


def test_a_private_ca_lies_beside_its_plan(samples: Path) -> None:
    source = load_plan(samples / "private-ca.toml").migration.source
    assert network(source).ca_file == str(samples / "plant2-ca.pem")


def test_the_dutch_list_is_in_windows_1252(samples: Path) -> None:
    with pytest.raises(UnicodeDecodeError):
        (samples / "accounts-nl.csv").read_text("utf-8")
    plan = load_plan(samples / "starttls-nl.toml")
    assert [(a.source_user, a.source_password.reveal(), a.excluded_folders) for a in plan.accounts] == [
        ("rené@oud.example", "voorbeeld-€-1", ("Privé",)),
        ("zoë@oud.example", "voorbeeld;met puntkomma", ("Archief", "Ideeën")),
    ]
    source, destination = network(plan.migration.source), network(plan.migration.destination)
    assert (source.security, source.port) == (Security.STARTTLS, 143)
    assert (destination.security, destination.port) == (Security.STARTTLS, 1143)
