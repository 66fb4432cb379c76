"""Where the store, the key, the logs and the spool lie."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tui_migrate.errors import StoreUnusable
from tui_migrate.ownership import check_shared_folder, make_own_folder

DATA_DIR_VARIABLE = "TUI_MIGRATE_DATA_DIR"


_TRACE = re.compile(r"trace-(\d+)\.log(?:\.(\d+))?")


def log_file(folder: Path) -> Path:
    """The engine's log, in the folder of logs."""
    return folder / "engine.log"


def trace_file(folder: Path, account_id: int) -> Path:
    """The protocol trace of an account, in the folder of logs."""
    return folder / f"trace-{account_id}.log"


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one store."""

    data_dir: Path
    """Absolute: the background engine has another working directory than the terminal."""

    @property
    def database(self) -> Path:
        """The SQLite store."""
        return self.data_dir / "store.db"

    @property
    def key_file(self) -> Path:
        """The key of the passwords, apart from the store so that a copy of the store alone opens nothing."""
        return self.data_dir / "private" / "vault.key"

    @property
    def log_dir(self) -> Path:
        """The folder of the engine's log and of traces."""
        return self.data_dir / "log"

    @property
    def log_file(self) -> Path:
        """The engine's log: what it did and why."""
        return log_file(self.log_dir)

    def trace_file(self, account_id: int) -> Path:
        """The trace of an account: what its connections have said and heard while that was wanted."""
        return trace_file(self.log_dir, account_id)

    def traces(self) -> Iterator[tuple[int, Path]]:
        """All files of traces, also those that were put aside, with the ids of their accounts; the newest first."""
        found = ((_TRACE.fullmatch(path.name), path) for path in self.log_dir.glob("trace-*.log*"))
        named = ((int(name[1]), int(name[2] or 0), path) for name, path in found if name and not path.is_symlink())
        yield from ((account_id, path) for account_id, _, path in sorted(named))

    @property
    def lock_file(self) -> Path:
        """The file that the engine of this store holds locked."""
        return self.data_dir / "engine.lock"

    @property
    def spool_dir(self) -> Path:
        """The folder for large messages on their way."""
        return self.data_dir / "spool"

    def prepare(self) -> None:
        """Make the folders, each for its owner alone (0700), and prove that they can be written.

        A data_dir that is there already keeps its mode, since it may be a folder that the admin shares on purpose; the
        folders in it that hold the key, mail and logs are tightened.

        Raises: StoreUnusable, also for what is a link or somebody else's.
        """
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_shared_folder(self.data_dir)
            for folder in (self.key_file.parent, self.log_dir, self.spool_dir):
                make_own_folder(folder)
            # Permission bits do not tell of a read-only or full disk: only a file that was made does.
            for folder in (self.data_dir, self.key_file.parent, self.log_dir, self.spool_dir):
                tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            where = error.filename or self.data_dir
            raise StoreUnusable(
                f"The data folder {self.data_dir} cannot be used: {error.strerror} ({where}). "
                f"Make it writable for this user, or name another one with --data-dir or {DATA_DIR_VARIABLE}."
            ) from error


def find(data_dir: Path | None) -> Paths:
    """The paths below `data_dir` (--data-dir), else TUI_MIGRATE_DATA_DIR, else the platform's folder for user data."""
    if data_dir is None and (named := os.environ.get(DATA_DIR_VARIABLE)):
        data_dir = Path(named)
    if data_dir is None:
        import platformdirs

        data_dir = platformdirs.user_data_path("tui-migrate", appauthor=False)
    return Paths(data_dir.expanduser().absolute())
