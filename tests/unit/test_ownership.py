"""The files of a store are opened without following links, by their owner, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.engine.support import run_cli
from tui_migrate.config.paths import Paths
from tui_migrate.engine.process import Lock, holder, last_words, spawn
from tui_migrate.errors import StoreUnusable
from tui_migrate.ownership import user_name
from tui_migrate.service import open_service

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
NAMES = ["engine.lock", "store.db", "store.db-wal", "private/vault.key", "log/engine.out"]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A data folder as it is after the first use."""
    data = tmp_path / "data"
    open_service(data).close()
    with Lock(Paths(data).lock_file):
        pass
    (data / "log" / "engine.out").touch(mode=0o600)
    return Paths(data)


def use(paths: Paths) -> None:
    """All that opens one of its files for itself."""
    last_words(paths.log_dir)
    with closing(open_service(paths.data_dir)):
        holder(paths.lock_file)
        with Lock(paths.lock_file):
            pass
        spawn(paths.data_dir, paths.log_dir)


@contextmanager
def untouched(target: Path) -> Iterator[None]:
    """What another's file is before and after."""
    before = target.stat()
    text = target.read_bytes() if target.is_file() else b""
    yield
    after = target.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert not target.is_file() or target.read_bytes() == text


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Somebody's file."""
    file = tmp_path / "target"
    file.write_text("precious")
    file.chmod(0o640)
    return file


@pytest.mark.parametrize("name", NAMES)
def test_a_link_in_the_place_of_a_file_is_not_followed(paths: Paths, target: Path, name: str) -> None:
    link = paths.data_dir / name
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    with untouched(target), pytest.raises(StoreUnusable, match=rf"{link} is a link"):
        use(paths)


@pytest.mark.parametrize("name", ["engine.lock", "store.db", "private/vault.key", "log/engine.out"])
def test_a_link_to_what_is_not_there_makes_nothing(paths: Paths, tmp_path: Path, name: str) -> None:
    link, target = paths.data_dir / name, tmp_path / "not-there"
    link.unlink()
    link.symlink_to(target)
    with pytest.raises(StoreUnusable, match="is a link"):
        use(paths)
    assert not target.exists()


@pytest.mark.parametrize("name", ["engine.lock", "store.db", "log/engine.out"])
def test_a_second_name_of_another_file_is_refused(paths: Paths, target: Path, name: str) -> None:
    link = paths.data_dir / name
    link.unlink()
    link.hardlink_to(target)
    with untouched(target), pytest.raises(StoreUnusable, match="has another name elsewhere"):
        use(paths)


@pytest.mark.parametrize("name", ["private", "log", "spool"])
def test_a_link_in_the_place_of_a_folder_is_not_followed(paths: Paths, tmp_path: Path, name: str) -> None:
    elsewhere, link = tmp_path / "elsewhere", paths.data_dir / name
    elsewhere.mkdir(mode=0o755)
    link.rename(tmp_path / "old")
    link.symlink_to(elsewhere)
    with untouched(elsewhere), pytest.raises(StoreUnusable, match=rf"{link} is a link"):
        use(paths)
    assert list(elsewhere.iterdir()) == []


def test_a_pipe_does_not_hold_us_up(paths: Paths) -> None:
    paths.key_file.unlink()
    os.mkfifo(paths.key_file, 0o600)
    with pytest.raises(StoreUnusable, match="is no file"):
        use(paths)


@as_root
@pytest.mark.parametrize("name", ["", "private", "log", "spool", *NAMES])
def test_what_belongs_to_somebody_else_is_refused(paths: Paths, name: str) -> None:
    theirs = paths.data_dir / name
    theirs.touch()
    os.chown(theirs, NOBODY, NOBODY)
    with untouched(theirs), pytest.raises(StoreUnusable, match=rf"{theirs} belongs to nobody"):
        use(paths)


def test_a_data_folder_of_everybody_is_refused(paths: Paths) -> None:
    paths.data_dir.chmod(0o777)
    with pytest.raises(StoreUnusable, match="Everybody can write into"):
        use(paths)
    paths.data_dir.chmod(0o1777)
    Paths(paths.data_dir).prepare()


def test_a_data_folder_may_be_a_link_of_its_own_owner(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(paths.data_dir)
    Paths(tmp_path / "link").prepare()


@pytest.mark.parametrize("break_it", [lambda path: path.symlink_to("/dev/null"), lambda path: path.mkdir()])
def test_the_command_line_says_so(paths: Paths, break_it: Callable[[Path], None]) -> None:
    paths.lock_file.unlink()
    break_it(paths.lock_file)
    ended = run_cli("engine", "--until-idle", "--data-dir", paths.data_dir)
    assert ended.returncode == 3
    assert str(paths.lock_file) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_key_that_is_refused_leaves_no_store_open(paths: Paths) -> None:
    paths.key_file.chmod(0o644)
    with pytest.raises(StoreUnusable, match="chmod 600"):
        open_service(paths.data_dir)
    opened = {os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()}
    assert str(paths.database.resolve()) not in opened


@pytest.mark.parametrize("missing", [KeyError("uid not found"), OSError("No username set")], ids=["3.11", "3.13"])
def test_a_user_without_a_name_is_called_by_number(missing: Exception) -> None:
    with patch("getpass.getuser", side_effect=missing), patch("pwd.getpwuid", side_effect=KeyError):
        assert user_name() == f"the user number {os.geteuid()}"
