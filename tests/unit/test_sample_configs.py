"""Every file in sample_configs/ is loaded, and says what its comments promise."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
import trustme

from tui_migrate.config.accounts import load_accounts
from tui_migrate.config.plan import Plan, load_plan
from tui_migrate.model import Security

SAMPLES = Path(__file__).parents[2] / "sample_configs"
PLANS = sorted(path.name for path in SAMPLES.glob("*.toml"))


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """The samples with the files beside them that an admin brings: passwords and a private CA."""
    folder = Path(shutil.copytree(SAMPLES, tmp_path / "samples"))
    for name in ("dovecot-master.secret", "new-server.secret"):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(f"password of {name}\n")
    trustme.CA().cert_pem.write_to_path(folder / "plant2-ca.pem")
    return folder


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_loads(samples: Path, name: str) -> None:
    plan = load_plan(samples / name)
    assert plan.accounts
    assert plan.migration.source.host.endswith(".example")
    assert plan.migration.destination.host.endswith(".example")


def test_every_file_is_a_plan_or_belongs_to_one() -> None:
    named = {tomllib.loads((SAMPLES / name).read_text("utf-8"))["accounts"]["file"] for name in PLANS}
    assert {path.name for path in SAMPLES.iterdir()} == named | set(PLANS)


def test_head_office_shows_every_key_that_a_server_has(samples: Path) -> None:
    source = tomllib.loads((samples / "head-office.toml").read_text("utf-8"))["source"]
    assert set(source) == {"protocol", "host", "security", "port", "max_connections", "path_prefix", "ca_file"}
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
        if not line.startswith(("protocol", "security", "port", "max_connections", "path_prefix", "ca_file"))
    ]
    plan.write_text("\n".join(kept), encoding="utf-8")
    assert load_plan(plan).migration == spelled_out


def test_master_users_on_both_sides(samples: Path) -> None:
    plan: Plan = load_plan(samples / "dovecot-master-user.toml")
    old, new = plan.migration.source.admin, plan.migration.destination.admin
    assert old is not None
    assert new is not None
    assert (old.style, old.password.reveal()) == ("separator:*", "password of dovecot-master.secret")
    assert (new.style, new.password.reveal()) == ("authzid", "password of new-server.secret")


def test_a_private_ca_lies_beside_its_plan(samples: Path) -> None:
    source = load_plan(samples / "private-ca.toml").migration.source
    assert source.ca_file == str(samples / "plant2-ca.pem")


def test_the_dutch_list_is_in_windows_1252(samples: Path) -> None:
    with pytest.raises(UnicodeDecodeError):
        (samples / "accounts-nl.csv").read_text("utf-8")
    accounts = load_accounts(samples / "accounts-nl.csv")
    assert [(a.source_user, a.source_password.reveal(), a.excluded_folders) for a in accounts] == [
        ("rené@oud.example", "voorbeeld-€-1", ("Privé",)),
        ("zoë@oud.example", "voorbeeld;met puntkomma", ("Archief", "Ideeën")),
    ]
    plan = load_plan(samples / "starttls-nl.toml")
    assert (plan.migration.source.security, plan.migration.source.port) == (Security.STARTTLS, 143)
    assert (plan.migration.destination.security, plan.migration.destination.port) == (Security.STARTTLS, 1143)
