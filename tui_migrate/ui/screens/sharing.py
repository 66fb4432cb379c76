"""What can be done with a migration on every screen where one is meant: a report, its plan, mail to its users."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TypeVar

from tui_migrate.model import Account
from tui_migrate.service.new_files import new_name
from tui_migrate.ui.screens.releasing import Releasing

S = TypeVar("S")

SHOWN_SECONDS = 10
"""So long stands where something was written."""


class Sharing(Releasing[S]):
    """A screen on which a migration is meant."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Signing in is offered where tokens log in."""
        return action != "sign_in" or ((migration := self.meant()) is not None and migration.by_token)

    def action_sign_in(self) -> None:
        if migration := self.meant():
            from tui_migrate.ui.screens.sign_in import SignInScreen

            self.app.push_screen(SignInScreen(self.service, migration, self.meant_account()))

    def meant_account(self) -> Account | None:
        """The account that is meant; None: any will do."""
        return None

    def action_notices(self) -> None:
        if migration := self.meant():
            from tui_migrate.ui.screens.notices import NoticesScreen

            self.app.push_screen(NoticesScreen(self.service, migration))

    def action_report(self) -> None:
        if migration := self.meant():
            from tui_migrate.ui.screens.ask_report import AskReport

            folder = new_name("report", self.now())
            question, reports = f"Write a report on {migration.title} into", self.service.reports
            ask = AskReport(question, f"./{folder}", reports.check_folder)

            def answered(path: Path | None) -> None:
                if path:
                    wish = partial(reports.write, [migration.id], path, subjects=ask.subjects)
                    self.act(wish, f"Report written to {path.absolute()}", SHOWN_SECONDS)

            self.app.push_screen(ask, answered)

    def action_export(self) -> None:
        if migration := self.meant():
            from tui_migrate.ui.screens.ask_path import AskPath

            folder = new_name("plan", self.now())
            question = f"Write the plan of {migration.title}, without passwords, into"

            def answered(path: Path | None) -> None:
                if path:
                    wish = partial(self.service.plans.export, migration.id, path)
                    self.act(wish, f"Plan written to {path.absolute()}", SHOWN_SECONDS)

            self.app.push_screen(AskPath(question, f"./{folder}", self.service.plans.check_folder), answered)
