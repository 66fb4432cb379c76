"""A filled store, time that stands still, and tests that are coroutines."""

from __future__ import annotations

import asyncio
import inspect
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.ui.dashboard")

from tests.support.painting import paint_at_rest  # noqa: E402
from tests.support.stylesheets import share_stylesheets  # noqa: E402
from tests.ui import office  # noqa: E402
from tui_migrate.ui.screens.room import Room  # noqa: E402

share_stylesheets()
paint_at_rest()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True)
def afternoon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The screens' clock stands at `office.NOW`, in UTC."""
    monkeypatch.setattr(Room, "now", lambda room: office.NOW)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def offices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An empty store and the office's, made once; each test gets a copy of its own."""
    folder = tmp_path_factory.mktemp("offices")
    made = {"empty": folder / "empty", "filled": folder / "filled"}
    for name, data_dir in made.items():
        service = office.open_service(data_dir)
        if name == "filled":
            office.fill(service)
        service.close()
    return made


def _open_copy(of: Path, data_dir: Path) -> Iterator[office.OfficeService]:
    shutil.copytree(of, data_dir)
    service = office.open_service(data_dir)
    yield service
    service.close()


@pytest.fixture
def empty_service(tmp_path: Path, offices: dict[str, Path]) -> Iterator[office.OfficeService]:
    """A service on an empty store."""
    yield from _open_copy(offices["empty"], tmp_path / "data")


@pytest.fixture
def service(tmp_path: Path, offices: dict[str, Path]) -> Iterator[office.OfficeService]:
    """A service on the office's store. No engine runs."""
    yield from _open_copy(offices["filled"], tmp_path / "data")


@pytest.fixture
def engine(service: office.OfficeService) -> Iterator[None]:
    """An engine holds the office's store."""
    with office.engine_at_work(service, rates=(85.2, 8.4 * office.MB)):
        yield
