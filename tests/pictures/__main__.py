"""Open the dashboard on the office's store and keep what it shows as SVG."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from tests.ui import office
from tui_migrate.ui.app import MigrateApp
from tui_migrate.ui.screens.room import Room

FOLDER = Path(__file__).parents[2] / ".github"
SIZE = (100, 28)
PICTURES = {"dashboard.svg": ("enter", "down", "down"), "migrations.svg": (), "failure.svg": ("f", "G", "enter")}
"""File and the keys that lead to the screen."""
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Fetched from elsewhere, which a picture in a README may not; any monospaced font does."""


async def draw(service: office.OfficeService, keys: tuple[str, ...]) -> str:
    """The screen behind these keys."""
    app = MigrateApp(service)
    async with app.run_test(size=SIZE) as pilot:
        for key in keys:
            await app.workers.wait_for_complete()
            await pilot.press(key)
        await app.workers.wait_for_complete()
        await pilot.pause()
        return _FONT.sub("", app.export_screenshot(title="tui-migrate", simplify=True))


def main() -> None:
    """Draw all of them."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, patch.object(Room, "now", lambda room: office.NOW):
        service = office.open_service(Path(folder))
        office.fill(service)
        with office.engine_at_work(service, rates=(85.2, 8.4 * office.MB)):
            for name, keys in PICTURES.items():
                (FOLDER / name).write_text(asyncio.run(draw(service, keys)), encoding="utf-8")
                print(f"drawn: {(FOLDER / name).relative_to(FOLDER.parent)}")
        service.close()


if __name__ == "__main__":
    main()
