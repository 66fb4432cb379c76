"""The floors of the house (CONTRIBUTING.md): an import may only point down. And a few habits that hold everywhere."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tui_migrate"
MOST_LINES = 400
MOST_PARAMETERS = 6
"""Of a constructor in the engine."""

GROUND = {"model", "errors", "ownership", "printable", "timing", "uidset"}
"""Plain values that every room may use. They import the standard library alone."""

LOOKS = {"engine.process", "engine.notices", "engine.failures", "engine.turns.hours", "engine.choosing", "engine.audit"}
"""Of the engine: whether it runs, what is written to whom, what an error means, and what looks and copies nothing."""

MAY_USE = {
    "__init__": set(),
    "__main__": {"cli", "loading"},
    "cli": {"ui", "engine", "service", "config", "demo", "loading", *GROUND},
    "ui": {"service", "model", "errors", "printable"},
    "service": {"store", "mail", "config", "report", "notices", *LOOKS, *GROUND},
    "engine": {"store", "mail", "config", "notices", *GROUND},
    "mail": GROUND,
    "store": GROUND,
    "config": {"notices", *GROUND},
    "notices": {"model"},
    "report": {"model", "printable"},
    "demo": set(),
    "errors": {"model"},
    "loading": set(),
    "model": set(),
    "ownership": {"errors"},
    "printable": set(),
    "timing": set(),
    "uidset": set(),
}
"""Room -> what it may use of ours besides itself. The demo runs the program as an admin would, as a child process."""

ONLY_IN = {
    "mail": {"imapclient", "imaplib", "poplib", "smtplib", "python_socks", "socket", "ssl"},
    "store": {"sqlalchemy", "alembic", "sqlite3"},
    "ui": {"textual", "rich"},
    "demo": {"pymap", "proxyprotocol", "pysasl"},
}
"""Room -> what no other room may import."""

STORE_ITSELF = {"Database", "Look", "Looks", "Transaction", "Writer", "Vault"}
"""All that is of the store alone and known outside of it by name."""

REVEALS = {"mail", "store"}
"""The rooms that may ask a Secret for its text: to log in, and to encrypt it."""

FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.Module, file: Path) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, inside functions too."""
    package = file.relative_to(ROOT).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def why_not(room: str, name: str) -> str:
    """Why this room may not import this, or an empty string."""
    top, _, inner = name.partition(".")
    if top != "tui_migrate":
        owner = next((owner for owner, names in ONLY_IN.items() if top in names), room)
        if owner != room:
            return f"only {owner} may import {top}"
        if room in GROUND and top not in sys.stdlib_module_names:
            return f"{room} imports the standard library alone"
        return ""
    used = inner.partition(".")[0]
    if used not in MAY_USE or used == room:
        return ""
    allowed = sorted(MAY_USE[room])
    if any(inner == each or inner.startswith(f"{each}.") for each in allowed):
        return ""
    return f"of ours, {room} may use {', '.join(allowed) or 'nothing'}"


def complaints(file: Path, source: str) -> list[str]:
    """What is wrong with a file of the package, each with file and line."""
    room, place = room_of(file), file.relative_to(ROOT)
    if room not in MAY_USE:
        return [f"{place}: {room} is a new room: say in MAY_USE what it may use"]
    tree = ast.parse(source)
    found = [
        (line, f"imports {name}: not allowed because {reason}")
        for line, name in imports(tree, file)
        if (reason := why_not(room, name))
    ]
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                found.append((node.lineno, "prints: output goes through the command line's functions, never a secret"))
            case ast.Call(func=ast.Attribute(attr="reveal")) if room not in REVEALS:
                found.append((node.lineno, f"reveals a secret: only {' and '.join(sorted(REVEALS))} may"))
    return [f"{place}:{line} {text}" for line, text in sorted(found)]


def test_every_import_points_down() -> None:
    found = [complaint for file in FILES for complaint in complaints(file, file.read_text(encoding="utf-8"))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source", "part"),
    [
        ("store/accounts.py", "from tui_migrate.mail.imap import session", "imports tui_migrate.mail.imap.session"),
        ("store/accounts.py", "from ..engine import lane", "imports tui_migrate.engine.lane"),
        ("store/accounts.py", "def f():\n    import tui_migrate.ui", ":2 imports tui_migrate.ui"),
        ("store/accounts.py", "from tui_migrate import service", "imports tui_migrate.service"),
        ("engine/lane.py", "import ssl", "only mail may import ssl"),
        ("engine/lane.py", "from sqlalchemy import select", "only store may import sqlalchemy"),
        ("engine/lane.py", "from textual.app import App", "only ui may import textual"),
        ("ui/app.py", "from tui_migrate.store import accounts", "ui may use errors, model, printable, service"),
        (
            "service.py",
            "from tui_migrate.engine.copying.lane import Lane",
            "imports tui_migrate.engine.copying.lane",
        ),
        ("model.py", "from tui_migrate.errors import BadInput", "model may use nothing"),
        ("errors/base.py", "import click", "errors imports the standard library alone"),
        ("engine/lane.py", "text = password.reveal()", "reveals a secret"),
        ("engine/lane.py", "print(1)", "prints"),
        ("attic/box.py", "", "attic is a new room"),
    ],
)
def test_an_import_that_turns_back_is_named(file: str, source: str, part: str) -> None:
    (complaint,) = complaints(PACKAGE / file, source)
    assert complaint.startswith(f"tui_migrate/{file}:")
    assert part in complaint


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("service.py", "from tui_migrate.engine.process import start\nfrom tui_migrate.engine import process"),
        ("engine/lane.py", "from tui_migrate.mail.imap.session import open_session\nfrom . import window"),
        ("ui/screens/accounts.py", "from tui_migrate import __version__, service\nfrom textual.app import App"),
        ("mail/tls.py", "import ssl\ntext = password.reveal()"),
    ],
)
def test_an_import_that_points_down_is_fine(file: str, source: str) -> None:
    assert complaints(PACKAGE / file, source) == []


def test_only_the_screens_load_textual() -> None:
    """The engine runs for days on hosts where nobody looks: it must not carry a screen."""
    modules = [module_of(file) for file in FILES if room_of(file) not in ("ui", "demo", "__main__")]
    # Alembic runs the upgrades by path, with a context that exists only then.
    modules = [module for module in modules if ".upgrades" not in module]
    load = f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
    code = load + "loaded = {'textual', 'rich'} & {*sys.modules}\nassert not loaded, loaded"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_file_is_too_long_to_read() -> None:
    files = [*FILES, *(ROOT / "tests").rglob("*.py")]
    lines = {file.relative_to(ROOT): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    too_long = [f"{file}: {count} lines" for file, count in lines.items() if count > MOST_LINES]
    assert not too_long, f"over {MOST_LINES} lines, so there is a second subject in it:\n" + "\n".join(too_long)


def test_what_the_store_gives_and_takes_are_values_of_the_model() -> None:
    """Whoever knows the values needs no floor below them."""
    found = {
        (str(file.relative_to(ROOT)), name.name)
        for file in FILES
        if room_of(file) != "store"
        for each in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(each, ast.ImportFrom) and (each.module or "").startswith("tui_migrate.store.")
        for name in each.names
        if re.match("[A-Z][a-z]", name.name) and name.name not in STORE_ITSELF
    }
    assert not found


def test_no_constructor_of_the_engine_takes_many_things() -> None:
    """Some of many things belong together: that is a value with a name of its own."""
    found = {}
    for module in [module_of(file) for file in FILES if room_of(file) == "engine"]:
        for name, each in vars(importlib.import_module(module)).items():
            if inspect.isclass(each) and each.__module__ == module and not issubclass(each, (Enum, Exception)):
                found[f"{module}.{name}"] = len(inspect.signature(each).parameters)
    assert len(found) > 50
    assert [name for name, number in found.items() if number > MOST_PARAMETERS] == []


def test_no_test_imports_from_another() -> None:
    """What several need lies in a module that is no test."""
    imports = re.compile(r"^\s*from (tests\.[\w.]*\btest_\w+) import", re.MULTILINE)
    found = {
        file.relative_to(ROOT): each[1]
        for file in (ROOT / "tests").rglob("*.py")
        for each in imports.finditer(file.read_text(encoding="utf-8"))
    }
    assert not found
