"""One failure, whole: what happened, what the server said to what, which message, and what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import MailError, MigrateError, said
from tui_migrate.model import Failure, Scope
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.format import moment, size
from tui_migrate.ui.screens.account_form import EditAccountScreen
from tui_migrate.ui.screens.headers import HeadersScreen
from tui_migrate.ui.screens.mending import Mending
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Fact, Page

MEANS = {
    Scope.MESSAGE: "This message is not at the destination. All others are not concerned.",
    Scope.FOLDER: "This folder is not complete at the destination. The account's other folders are not concerned.",
    Scope.ACCOUNT: "Nothing more of this account is copied until this is solved. What has arrived stays.",
    Scope.SERVER: "The server could not be used: every account that needs it is concerned. What has arrived stays.",
}


TO_DO = "What to do"
_IDS = {TO_DO: "to-do"}


def attempts(failure: Failure) -> str:
    """How often a failure was met, and when first and last."""
    if failure.attempts == 1:
        return f"1, at {moment(failure.last_at)}"
    return f"{failure.attempts}, first at {moment(failure.first_at)}, last at {moment(failure.last_at)}"


def reasons(failure: Failure) -> list[tuple[str, str]]:
    """Label and text of why, which all failures of a cause have in common."""
    whose = said(failure.kind)
    return [
        ("What happened", failure.sentence),
        (whose, failure.server_words or ("nothing: there was no reply to quote" if whose == MailError.said else "")),
        ("What it means", MEANS[failure.scope]),
        (TO_DO, failure.advice or "Read the server's words, then try again."),
    ]


def facts(failure: Failure) -> list[tuple[str, str]]:
    """Label and text of all that is known of a failure, in the order in which an admin asks."""
    happened, said, means, advice = reasons(failure)
    sized = "" if failure.size is None else f"{size(failure.size)} ({failure.size:,} bytes)"
    return [
        happened,
        said,
        ("In answer to", failure.command),
        means,
        advice,
        ("Account", failure.account),
        ("Folder", failure.folder),
        ("UID", "" if failure.uid is None else str(failure.uid)),
        ("Size", sized),
        ("Date", failure.date),
        ("Subject", failure.subject),
        ("Message-ID", failure.message_id),
        ("Attempts", attempts(failure)),
    ]


class FailureScreen(Mending[Failure | None]):
    """All that is known of one failure."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.RETRY,
        commands.REFILL,
        commands.SKIP_ONE,
        commands.WRITE,
        commands.HEADERS,
        replace(commands.EDIT_ACCOUNT, description="edit account", show=True),
        *commands.EVERYWHERE,
    ]

    def __init__(self, service: Service, failure: Failure) -> None:
        super().__init__(service)
        self.failure = failure
        self._solved = False

    def path(self) -> list[str]:
        return [self.failure.account, "Failure"]

    def body(self) -> Iterable[Widget]:
        yield Fact("Solved", id="solved")
        yield Page(*(Fact(label, text, id=_IDS.get(label)) for label, text in facts(self.failure)))
        yield from self.progress_line()

    def look(self, engine: Pulse) -> Failure | None:
        failures = self.service.failures.listing(account_id=self.failure.account_id)
        return next((each for each in failures if each.id == self.failure.id), None)

    def show(self, seen: Failure | None) -> None:
        """A failure that is solved meanwhile stays readable and says so."""
        solved = "" if seen else "This is no longer open: it was solved, skipped, or tried again since you came here."
        self.query_one("#solved", Fact).say(solved)
        if self._solved != (seen is None):
            self._solved = seen is None
            self.query_one("#to-do", Fact).display = not self._solved  # of what is over there is nothing to do
            self.refresh_bindings()
        if seen and seen != self.failure:
            self.failure = seen
            for fact, (_, text) in zip(self.query_one(Page).query(Fact), facts(seen), strict=True):
                fact.say(text)

    def chosen(self) -> Sequence[Failure]:
        return [] if self._solved else [self.failure]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is to be done about what is solved; messages have headers, accounts may have a wrong login."""
        if action == "retry":
            return not self._solved
        if action == "edit":
            return self.failure.scope is Scope.ACCOUNT and not self._solved
        return bool(self.messages) if action == "headers" else super().check_action(action, parameters)

    def action_headers(self) -> None:
        self.app.push_screen(HeadersScreen(self.service, self.failure))

    @work(group="act")
    async def action_edit(self) -> None:
        try:
            migration = await asyncio.to_thread(self.service.migrations.get, self.failure.migration_id)
            account = await asyncio.to_thread(self.service.accounts.get, self.failure.account_id)
        except MigrateError as error:
            self.complain(error)
        else:
            self.app.push_screen(EditAccountScreen(self.service, migration.migration, account))
