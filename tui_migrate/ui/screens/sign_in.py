"""Signing in for tokens, and trying all that they need: each line as it comes, and what somebody has to do for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import ceil
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from tui_migrate.errors import MigrateError
from tui_migrate.model import Account, Migration, Verdict
from tui_migrate.service import Service
from tui_migrate.service.sign_ins import Begun, Line, Step, ToEnter, ToOpen, Trying
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import plural
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Fact, Page, Prose
from tui_migrate.ui.widgets.field import TextEntry

_MARKS = {Verdict.PASSED: "✔", Verdict.WARNED: "▲", Verdict.FAILED: "✖", Verdict.UNKNOWN: "-"}
_LONGEST = 8000
"""Of an address that is pasted: it has a code in it, of a thousand letters and more."""
_OPEN = "Open this address in a browser, and sign in; ^y copies it:"
_ENTER = "Open this address in any browser, and enter the code below it; ^y copies the address:"
_PASTE = "Where that browser is on another machine, paste here the address that it ends at, and press enter:"
_OTHER = "✖ That address does not belong to this sign-in: copy all of it, from http:// on."
_FOR_ALL = "Who signs in now signs in for all mailboxes."


class SignInScreen(Room[None]):
    """One walk through the list, for the mailboxes of one account."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.SIGN_IN_AGAIN,
        commands.SIGN_IN_FOR_ALL,
        commands.COPY_ADDRESS,
        *commands.EVERYWHERE,
    ]

    class Told(Message):
        """A step of the walk, from its thread."""

        def __init__(self, trying: Trying, step: Step) -> None:
            super().__init__()
            self.trying = trying
            self.step = step

    def __init__(self, service: Service, migration: Migration, account: Account | None = None) -> None:
        """`account`: whose mailboxes are opened; None: those of the first."""
        super().__init__(service)
        self._migration = migration
        self._account = account
        self._for_all = False
        self._trying: Trying | None = None
        self._asked: ToEnter | ToOpen | None = None
        """What somebody has to do."""
        self._until = 0.0
        """When it is too late for that; epoch seconds."""

    def path(self) -> list[str]:
        return [self._migration.title, "Sign in"]

    def body(self) -> Iterable[Widget]:
        entry = TextEntry("http://…")
        entry.max_length = _LONGEST
        with VerticalGroup(id="task") as task:
            yield Prose(id="do")
            yield Prose(id="address")
            yield Prose(id="code")
            yield Prose(_PASTE, id="paste")
            yield entry
            yield Prose(id="wrong")
            yield Prose(id="patience")
        task.display = False
        yield Prose(id="for-all")
        yield Page(VerticalGroup(id="lines"))

    def look(self, engine: Pulse) -> None:
        """Nothing to read."""

    def show(self, seen: None) -> None:
        """How long it is still waited for somebody."""
        minutes = max(1, ceil((self._until - self.now()) / 60))
        self.query_one("#patience", Prose).say(f"Waited for {plural(minutes, 'minute')} more; esc cancels.")

    def on_mount(self) -> None:
        self.query_one(Page).focus()
        self.action_again()

    def on_unmount(self) -> None:
        if self._trying is not None:
            self._trying.stop()

    # Walking

    def action_again(self) -> None:
        self.run_worker(self._walk(), group="walk", exclusive=True)

    def action_for_all(self) -> None:
        self._for_all = not self._for_all
        self.query_one("#for-all", Prose).say(_FOR_ALL if self._for_all else "")
        self.action_again()

    async def _walk(self) -> None:
        self.on_unmount()
        self._ask_for(None)
        begin = partial(self.service.sign_ins.begin, self._migration.id, self._account, for_all=self._for_all)
        try:
            trying = await aside(begin)
            if not still_there(self):
                return
            self._trying = trying
            await self._prepare(trying)
            await aside(partial(trying.run, lambda step: self.post_message(self.Told(trying, step))))
        except MigrateError as error:
            self.complain(error)
        if still_there(self) and self._asked is not None:
            self._ask_for(None)

    async def _prepare(self, trying: Trying) -> None:
        lines = self.query_one("#lines")
        with self.app.batch_update():
            await lines.remove_children()
            for side, place in trying.places.items():
                facts = [Fact(item[:1].upper() + item[1:], id=_fact(side, item)) for item in trying.items[side]]
                await lines.mount(Prose(f"{side.capitalize()}: {place}", classes="heading"), *facts)

    @on(Told)
    def _tell(self, told: Told) -> None:
        """Show a step, unless it is of a walk that was left."""
        if told.trying is not self._trying or not still_there(self):
            return
        match step := told.step:
            case Begun():
                self.query_one(f"#{_fact(step.side, step.item)}", Fact).say("◌ …")
            case Line():
                self._ask_for(None)
                fact = self.query_one(f"#{_fact(step.side, step.item)}", Fact)
                fact.say(f"{_MARKS[step.verdict]} {step.sentence}")
                more = Fact(step.said, step.server_words), Fact("What to do", step.advice)
                self.query_one("#lines").mount(*more, after=fact)
            case _:
                self._ask_for(step)

    # What somebody has to do

    def _ask_for(self, task: ToEnter | ToOpen | None) -> None:
        if task is self._asked:
            return
        self._asked = task
        box, entry = self.query_one("#task"), self.query_one(TextEntry)
        box.display, entry.display = task is not None, isinstance(task, ToOpen)
        entry.value = ""
        self.query_one("#wrong", Prose).say("")
        self.query_one("#paste", Prose).display = isinstance(task, ToOpen)
        self.query_one("#do", Prose).say(_ENTER if isinstance(task, ToEnter) else _OPEN)
        self.query_one("#address", Prose).say(task.url if task else "")
        self.query_one("#code", Prose).say(" ".join(task.code) if isinstance(task, ToEnter) else "")
        if task is not None:
            self._until = self.now() + task.good_for
            self.show(None)
        (entry if entry.display else self.query_one(Page)).focus()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to copy while an address is shown."""
        return action != "copy" or self._asked is not None

    def action_copy(self) -> None:
        if self._asked is not None:
            self.app.copy_to_clipboard(self._asked.url)
            self.notify("The address was sent to the terminal's clipboard.", timeout=5)

    @on(Input.Submitted)
    def _paste(self, event: Input.Submitted) -> None:
        if self._trying is not None and event.value.strip() and not self._trying.paste(event.value):
            self.query_one("#wrong", Prose).say(_OTHER)

    @on(Input.Changed)
    def _forget(self) -> None:
        self.query_one("#wrong", Prose).say("")


def _fact(side: str, item: str) -> str:
    return f"{side}-{item.replace(' ', '-')}"
