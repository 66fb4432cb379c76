"""Run by the Python of an environment in which the wheel alone is installed: imports every module of it, and opens the
dashboard on the store in the folder that is named, once, without a terminal."""

from __future__ import annotations

import asyncio
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import tui_migrate
from tui_migrate.service import open_service
from tui_migrate.ui.app import MigrateApp

NOT_BY_NAME = ("tui_migrate.__main__", "tui_migrate.demo", "tui_migrate.store.upgrades.")
"""What is a program, needs an extra that is not installed, or is loaded by Alembic while it upgrades."""


def import_all() -> None:
    """Raises what a module raises that lacks something."""
    for found in pkgutil.walk_packages(tui_migrate.__path__, "tui_migrate.", onerror=lambda name: None):
        if not found.name.startswith(NOT_BY_NAME):
            import_module(found.name)


async def open_dashboard(data_dir: Path) -> None:
    """Raises what the first screen raises, and what Textual says of the app's styles."""
    async with MigrateApp(open_service(data_dir)).run_test() as pilot:
        await pilot.pause()


if __name__ == "__main__":
    import_all()
    asyncio.run(open_dashboard(Path(sys.argv[1])))
