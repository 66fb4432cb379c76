"""Fails with a sentence for what is wrong with the one wheel in a folder: files that are missing in it or differ from
the source tree, and a program that does not start from it, in an environment that holds nothing else."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

from tui_migrate import __version__

ROOT = Path(__file__).parents[2]
PACKAGE = "tui_migrate"
MANUAL = "share/man/man1/tui-migrate.1"
INSIDE = Path(__file__).with_name("inside.py")


def main(dist: Path) -> None:
    """Check the wheel that lies in `dist`."""
    wheels, sources = sorted(dist.glob("*.whl")), sorted(dist.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sources) != 1:
        sys.exit(f"One wheel and one sdist are to lie in {dist}: {[*wheels, *sources]}")
    wrong = sorted(_differing(_package_of(wheels[0])))
    if wrong:
        sys.exit("Not in the wheel as in the source tree, or in the wheel alone:\n  " + "\n  ".join(wrong))
    with tempfile.TemporaryDirectory() as folder:
        _try(wheels[0], Path(folder))
    print(f"{wheels[0].name}: holds what the source tree holds, and works in an environment of its own.")


def _package_of(wheel: Path) -> Mapping[str, bytes]:
    with ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name.startswith(f"{PACKAGE}/")}


def _differing(packed: Mapping[str, bytes]) -> set[str]:
    """Styles, upgrades of the store and texts are files as modules are: all are compared."""
    files = (path for path in (ROOT / PACKAGE).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    here = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files}
    return {name for name in here.keys() | packed.keys() if here.get(name) != packed.get(name)}


def _try(wheel: Path, folder: Path) -> None:
    """Install it and use it, from a working directory that has none of our sources."""
    environment = folder / "venv"
    venv.create(environment, with_pip=True)
    python, command, data = environment / "bin/python", environment / "bin/tui-migrate", folder / "data"
    _run(folder, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel.absolute())
    if (told := _run(folder, command, "--version")) != f"tui-migrate, version {__version__}\n":
        sys.exit(f"--version says: {told}")
    if ".SH COMMANDS" not in (environment / MANUAL).read_text("utf-8"):
        sys.exit(f"{MANUAL} is no manual page.")
    _run(folder, command, "completion", "bash")
    _run(folder, command, "status", "--data-dir", data)  # makes a store, by all upgrades
    _run(folder, python, "-I", INSIDE, data)


def _run(folder: Path, *words: str | Path) -> str:
    ended = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(map(str, words))} ended with {ended.returncode}.\n{ended.stdout}")
    return ended.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
