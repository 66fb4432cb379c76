"""What is declared of settings and kinds holds together: nobody has to be told of a new one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tui_migrate.config.form import write_form
from tui_migrate.config.migration import MIGRATION_SETTINGS
from tui_migrate.config.notices import write_notice_form
from tui_migrate.model import KINDS, NoticeSettings, ProxyLogin, Side, kinds_of, server_settings
from tui_migrate.model.declared import Declaration, Password, settings
from tui_migrate.model.logins import LOGINS

SAMPLES = [
    Path(__file__).parents[2] / "sample_configs" / name
    for name in ("head-office.toml", "outlook-archives.toml", "exchange.toml")
]
LABEL_CELLS = 17
SENTENCE_CELLS = 118
"""One line in a terminal of 120 columns, and two in one of 80."""


def prose() -> str:
    """The comments of the samples that explain every key, as one line of words."""
    comments = [line for sample in SAMPLES for line in re.findall(r"#\s?(.*)", sample.read_text("utf-8"))]
    return " ".join(" ".join(comments).split())


def declared() -> list[Declaration]:
    found = [*MIGRATION_SETTINGS, *settings(NoticeSettings)]
    found += [each for kind in KINDS.values() for each in settings(kind.server)]
    logins = [*(each.type for each in LOGINS.values()), ProxyLogin]
    return found + [each for login in logins for each in settings(login)]


@pytest.mark.parametrize("setting", declared(), ids=lambda each: each.key)
def test_a_setting_says_all_of_itself(setting: Declaration) -> None:
    assert 0 < len(setting.label) <= LABEL_CELLS
    assert setting.sentence.endswith(".")
    assert len(setting.sentence) <= SENTENCE_CELLS
    assert re.fullmatch(r"\d+\.\d+", setting.since)


@pytest.mark.parametrize("setting", [*MIGRATION_SETTINGS, *server_settings(Side.SOURCE)], ids=lambda each: each.key)
def test_the_complete_plan_explains_every_setting_in_the_words_of_its_declaration(setting: Declaration) -> None:
    assert setting.sentence in prose()


def test_a_form_has_a_field_for_every_setting() -> None:
    texts = write_form(None)
    assert texts.keys() >= {each.key for each in MIGRATION_SETTINGS}
    for side in Side:
        assert texts.keys() >= {f"{side}.{each.key}" for each in server_settings(side)}
    assert write_notice_form(None).keys() >= {each.key for each in settings(NoticeSettings)} - {"hold", "password"}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_stands_on_a_side_and_says_why_not_on_the_other(name: str) -> None:
    kind = KINDS[name]
    assert kind.sides
    assert bool(kind.one_sided) is (len(kind.sides) == 1)
    assert kind.logins
    blank: Any = kind.blank()
    assert blank.kind is kind


def test_two_kinds_do_not_mean_different_things_by_one_key() -> None:
    for side in Side:
        types: dict[str, object] = {}
        for kind in kinds_of(side):
            for each in settings(kind.server):
                assert types.setdefault(each.key, each.type) == each.type


def test_no_secret_is_told_but_a_password() -> None:
    secret = [each for each in declared() if isinstance(each.type, Password)]
    assert {each.name for each in secret} == {"password", "secret"}
