"""A filled store, time that stands still, and tests that are coroutines."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.ui.dashboard")

from tests.ui import office  # noqa: E402
from tui_migrate.ui.screens.room import Room  # noqa: E402


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


@pytest.fixture
def empty_service(tmp_path: Path) -> Iterator[office.OfficeService]:
    """A service on an empty store."""
    service = office.open_service(tmp_path / "data")
    yield service
    service.close()


@pytest.fixture
def service(empty_service: office.OfficeService) -> office.OfficeService:
    """A service on the office's store. No engine runs."""
    office.fill(empty_service)
    return empty_service


@pytest.fixture
def engine(service: office.OfficeService) -> Iterator[None]:
    """An engine holds the office's store."""
    with office.engine_at_work(service, rates=(85.2, 8.4 * office.MB)):
        yield
