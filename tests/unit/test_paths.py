"""Where our files lie, and that others cannot look into them."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from tui_migrate.config.paths import DATA_DIR_VARIABLE, Paths, find
from tui_migrate.errors import StoreUnusable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def folders(paths: Paths) -> list[Path]:
    return [paths.key_file.parent, paths.log_dir, paths.spool_dir]


def test_the_option_wins_over_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "variable"))
    assert find(tmp_path / "option").data_dir == tmp_path / "option"
    assert find(None).data_dir == tmp_path / "variable"


@pytest.mark.parametrize("empty", [True, False], ids=["variable empty", "variable absent"])
def test_without_either_the_platform_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: bool) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv(DATA_DIR_VARIABLE, "")
    if not empty:
        monkeypatch.delenv(DATA_DIR_VARIABLE)
    found = find(None).data_dir
    assert found.name == "tui-migrate"
    assert found.is_relative_to(tmp_path)


def test_a_relative_folder_stays_the_same_for_an_engine_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = find(Path("here"))
    monkeypatch.chdir("/")
    assert paths.database == tmp_path / "here" / "store.db"


def test_the_key_lies_apart_from_the_store(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    assert paths.key_file == tmp_path / "private" / "vault.key"
    assert paths.lock_file == tmp_path / "engine.lock"
    assert paths.key_file.parent != paths.database.parent


def test_new_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "deep" / "data")
    before = os.umask(0)
    try:
        paths.prepare()
    finally:
        os.umask(before)
    assert {mode(folder) for folder in [paths.data_dir, *folders(paths)]} == {0o700}


def test_folders_that_were_open_are_tightened_and_their_files_kept(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    for folder in folders(paths):
        folder.mkdir()
        folder.chmod(0o755)
    paths.key_file.write_text("key")
    paths.prepare()
    paths.prepare()
    assert {mode(folder) for folder in folders(paths)} == {0o700}
    assert paths.key_file.read_text() == "key"
    assert not list(paths.data_dir.glob("tmp*"))


def test_an_existing_data_dir_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    Paths(tmp_path).prepare()
    assert mode(tmp_path) == 0o750


@pytest.mark.parametrize("inside", ["", "private", "log", "spool"])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path, inside: str) -> None:
    data_dir = tmp_path / "data"
    if inside:
        data_dir.mkdir()
    in_the_way = data_dir / inside
    in_the_way.write_text("no folder")
    with pytest.raises(StoreUnusable) as refused:
        Paths(data_dir).prepare()
    assert str(in_the_way) in refused.value.sentence
    assert "--data-dir" in refused.value.sentence


def test_a_read_only_file_system_is_found_before_the_store_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> NoReturn:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(StoreUnusable, match=rf"{tmp_path} cannot be used: Read-only file system"):
        Paths(tmp_path).prepare()
