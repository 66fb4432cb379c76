"""Puts the manual page into the wheel, made from the commands as they are in this source tree."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPage(BuildHookInterface):
    """pip installs it where `man` of the environment looks; pipx shows it to the user's own."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it into build/, as `make man` does."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from tui_migrate.cli import main
        from tui_migrate.cli.manual import manual_page

        page = Path(self.root, "build", "tui-migrate.1")
        page.parent.mkdir(exist_ok=True)
        page.write_text(manual_page(main), encoding="utf-8")
        build_data["shared_data"][str(page)] = "share/man/man1/tui-migrate.1"
