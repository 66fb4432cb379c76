"""Open the dashboard on the office's store and keep what it shows as SVG."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from tests.files.pst.blocks import Form
from tests.files.pst.mailbox import write_pst
from tests.files.pst.store import MadeFolder, MadeMessage, MadeStore, pst
from tests.support.sample_mail import plain
from tests.ui import office
from tui_migrate.service import Service, open_service
from tui_migrate.ui.app import MigrateApp
from tui_migrate.ui.screens.room import Room

FOLDER = Path(__file__).parents[2] / ".github"
SIZE = (100, 28)
PICTURES = {"dashboard.svg": ("enter", "down", "down"), "migrations.svg": (), "failure.svg": ("f", "G", "enter")}
"""File and the keys that lead to the screen."""
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Fetched from elsewhere, which a picture in a README may not; any monospaced font does."""


async def draw(service: Service, keys: tuple[str, ...]) -> str:
    """The screen behind these keys."""
    app = MigrateApp(service)
    async with app.run_test(size=SIZE) as pilot:
        for key in keys:
            await app.workers.wait_for_complete()
            await pilot.press(key)
        await app.workers.wait_for_complete()
        await pilot.pause()
        return _FONT.sub("", app.export_screenshot(title="tui-migrate", simplify=True))


def check_of_archives(folder: Path) -> str:
    """The check of a folder of Outlook's files: one is damaged, one is not there, one holds more than mail."""
    archives = folder / "archives"
    archives.mkdir()
    for name, messages in (("anna", 180), ("bert", 40), ("carla", 75)):
        write_pst(archives / f"{name}.pst", plain(messages, 4, 30_000, messages))
    (archives / "bert.pst").write_bytes((archives / "bert.pst").read_bytes()[:5000])
    others = {"IPM.Contact": 212, "IPM.Appointment": 961, "IPM.StickyNote": 4}
    items = [MadeMessage({0x001A001F: kind}) for kind, number in others.items() for _ in range(number)]
    (archives / "dora.pst").write_bytes(pst(MadeStore([MadeFolder("Contacts", items)]), Form.ANSI))
    (folder / "accounts.csv").write_text("Source,Destination\n" + "".join(f"{each},{each}\n" for each in OWNERS))
    (folder / "plan.toml").write_text(
        '[migration]\ntitle = "Outlook archives"\n[source]\nprotocol = "pst"\npath = "archives/{user}.pst"\n'
        '[destination]\nprotocol = "maildir"\npath = "copies/{user}"\n[accounts]\nfile = "accounts.csv"\n'
    )
    service = open_service(folder / "data")
    migration_id, _ = service.plans.save(service.plans.read(folder / "plan.toml"))
    accounts = service.accounts.listing(migration_id)
    service.checks.begin([each.id for each in accounts]).wait(None)
    drawn = asyncio.run(draw(service, ("c",)))
    service.close()
    return drawn.replace(str(folder), "/srv")


OWNERS = ("anna", "bert", "carla", "dora", "emil")


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
    with TemporaryDirectory() as folder:
        (FOLDER / "check.svg").write_text(check_of_archives(Path(folder)), encoding="utf-8")
        print("drawn: .github/check.svg")


if __name__ == "__main__":
    main()
