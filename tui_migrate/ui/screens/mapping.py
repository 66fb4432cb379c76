"""Where the folders of one account go: both trees as they will be, and the admin's own word on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from tui_migrate.errors import MigrateError, quoted
from tui_migrate.model import Account, FolderRule, Migration
from tui_migrate.service import Service
from tui_migrate.service.folders import FolderMapping, FolderPreview, Trees
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import Cell, Tone, plural
from tui_migrate.ui.rows.mapping_rows import (
    MARKS,
    PLACES,
    SOURCES,
    PlaceRow,
    SourceRow,
    before_change,
    note,
    place_rows,
    source_rows,
    summary,
)
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.ask_place import AskPlace
from tui_migrate.ui.screens.filtered import Filtered, FilterLine
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.line import Line
from tui_migrate.ui.widgets.table import Table

CHANGES = ("change", "exclude", "automatic", "share")
"""Actions on the marked source folder."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look has read."""

    account: Account
    accounts: int
    """Of the migration."""
    preview: FolderPreview | None
    """None until the servers have answered."""


class MappingScreen(Filtered[_Seen]):
    """The folders of one account as the next run will leave them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.CHANGE_PLACE,
        commands.EXCLUDE,
        commands.AUTOMATIC,
        commands.SHARE_RULE,
        commands.FILTER_FOLDERS,
        commands.ASK_AGAIN,
        commands.OTHER_TREE,
        *commands.EVERYWHERE,
    ]
    narrowed = "#sources"
    marks = MARKS

    def __init__(self, service: Service, migration: Migration, account: Account) -> None:
        super().__init__(service)
        self.migration = migration
        self.account = account
        self._accounts = 1
        self._trees: Trees | None = None
        self._preview: FolderPreview | None = None
        self._asking_since: float | None = None

    def path(self) -> list[str]:
        return [self.migration.title, self.account.source_user, "Folders"]

    def body(self) -> Iterable[Widget]:
        yield Line(id="sum")
        yield Prose(id="sentence", classes="trouble")
        yield Prose(id="words", classes="trouble")
        yield Prose(id="advice", classes="trouble")
        with Horizontal(id="trees"):
            yield Table(SOURCES, lambda row: row.folder.source, empty="", id="sources")
            yield Table(PLACES, lambda row: row.path, empty="", id="places")
        yield FilterLine("part of a name, or a mark: collision, renamed")
        yield Line(id="about")
        yield Prose(id="note")

    def on_mount(self) -> None:
        """The servers are asked at once; it is what one comes for."""
        self.action_ask()

    # Asking the servers

    def action_ask(self) -> None:
        if self._asking_since is None:
            self._asking_since = self.now()
            self._say_trouble(None)
            self._show_sum()
            self._ask()

    @work(group="ask")
    async def _ask(self) -> None:
        try:
            self._trees = await aside(partial(self.service.folders.trees, self.account.id))
        except MigrateError as error:
            if still_there(self):
                self._say_trouble(error)
        self._asking_since = None
        if still_there(self):
            self._show_sum()
            self.refresh_now()

    def _say_trouble(self, error: MigrateError | None) -> None:
        self.query_one("#sentence", Prose).say(f"✖ {error.sentence}" if error else "")
        self.query_one("#words", Prose).say(quoted(error))
        self.query_one("#advice", Prose).say(f"{error.advice} r asks the servers again." if error else "")

    def look(self, engine: Pulse) -> _Seen:
        account = self.service.accounts.get(self.account.id)
        accounts = self.service.migrations.get(self.migration.id).accounts
        preview = self.service.folders.preview(account.id, self._trees) if self._trees else None
        return _Seen(account, accounts, preview)

    def show(self, seen: _Seen) -> None:
        self.account, self._accounts = seen.account, seen.accounts
        if seen.preview != self._preview:
            self._preview = seen.preview
            self._show_trees()
        self._show_sum()

    def _show_sum(self) -> None:
        cells = summary(self._preview) if self._preview else []
        if self._asking_since is not None:
            servers = " and ".join(each.place for each in (self.migration.source, self.migration.destination))
            waited = int(self.now() - self._asking_since)
            seconds = f" {waited} s" if waited else ""
            cells = [Cell(f"◌ asking {servers} for their folders…{seconds}", Tone.BUSY)]
        elif self._preview and self.typed.value.strip():
            cells = [Cell(f"{len(self._sources.rows):,} of {plural(len(self._preview.folders), 'folder')} match")]
        self.query_one("#sum", Line).show(cells)

    def _show_trees(self) -> None:
        if self._preview is None:
            return
        rows = source_rows(self._preview, self.typed.value)
        self._sources.explain("No folder matches; esc shows all." if self._preview.folders else "There are no folders.")
        self._sources.show(rows)
        self._places.show(place_rows(self._preview, rows))
        self._show_marked()

    @on(Table.Marked)
    def _show_marked(self) -> None:
        """The destination's tree goes with the source's; and what there is to say."""
        row, there = self._sources.current, self._places.current
        if row and not self._places.has_focus:
            paths = [each.path for each in self._places.rows]
            place = row.place or row.folder.source
            if place in paths:
                self._places.marked = paths.index(place)
        if self._places.has_focus and there:
            self.query_one("#about", Line).show(there.about())
            self.query_one("#note", Prose).say("")
        else:
            self.query_one("#about", Line).show(row.about() if row else [])
            self.query_one("#note", Prose).say(note(row.folder) if row else "")

    def on_descendant_focus(self) -> None:
        """The marked folder is that of the list with the keys."""
        self._show_marked()

    @property
    def _sources(self) -> Table[SourceRow]:
        return self.query_one("#sources", Table)

    @property
    def _places(self) -> Table[PlaceRow]:
        return self.query_one("#places", Table)

    # The filter

    @on(Input.Changed, "#filter")
    def _filter(self) -> None:
        self._show_trees()
        self._show_sum()

    # Changing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only source folders are given places."""
        return action not in CHANGES or not self._places.has_focus

    @property
    def _marked(self) -> FolderMapping | None:
        return row.folder if (row := self._sources.current) else None

    def action_change(self) -> None:
        folder = self._marked
        if folder is None:
            return
        rule, goes = folder.decided.own_rule, folder.goes

        def answered(target: str | None) -> None:
            if target and target != goes.target:
                self._put(folder, target, f"{folder.source} goes to {target}")

        place = (rule and rule.target) or goes.otherwise
        asked = AskPlace(folder.source, place, before_change(folder), partial(self._judge, folder))
        self.app.push_screen(asked, answered)

    def _judge(self, folder: FolderMapping, target: str) -> str:
        """What is wrong with this place for the folder; empty: nothing."""
        if mistake := self.service.folders.path_mistake(target):
            return f"It {mistake}."
        others = (each for each in (self._preview.folders if self._preview else ()) if each != folder)
        other = next((each.source for each in others if each.goes.target == target), None)
        return f"{other} goes there, and two folders are never put into one." if other else ""

    def action_exclude(self) -> None:
        folder = self._marked
        if folder is None:
            return
        if not folder.decided.stays:
            self._put(folder, None, f"{folder.source} stays behind")
        elif (rule := folder.decided.own_rule) and rule.account_id is not None:
            self._take_back(rule)
        else:
            self._put(folder, folder.goes.otherwise, f"{folder.source} goes to {folder.goes.otherwise}")

    def action_automatic(self) -> None:
        folder = self._marked
        rule = folder.decided.rule if folder else None
        if folder is None or rule is None:
            self._tell("There is no rule for this folder: it goes where it goes by itself.")
        elif folder.decided.follows:
            self._tell(f"It goes with {rule.source}: take the rule of that back.")
        elif rule.account_id is not None:
            self._take_back(rule)
        else:
            question = f"Take the rule for {rule.source} back for all {plural(self._accounts, 'account')}?"
            self._confirm(
                question, "What was copied by it stays where it is.", "take back", partial(self._take_back, rule)
            )

    def action_share(self) -> None:
        folder = self._marked
        rule = folder.decided.rule if folder else None
        if folder is None or rule is None or folder.decided.follows or rule.account_id is None:
            self._tell("This folder has no rule of this account: enter or x makes one.")
            return
        what = f"go to {rule.target}" if rule.target else "stay behind"
        question = f"Let {rule.source} {what} in all {plural(self._accounts, 'account')} of {self.migration.title}?"
        others = "Accounts with a rule of their own for it keep that. What is copied already stays where it is; "
        wish = partial(self.service.folders.share_rule, self.migration.id, rule)
        done = f"{rule.source}: holds for all accounts {self._when}"
        anew = "from there on the folder is copied to its new place." if rule.target else "nothing is deleted."
        self._confirm(question, others + anew, "all accounts", partial(self.act, wish, done))

    def _put(self, folder: FolderMapping, target: str | None, done: str) -> None:
        own = folder.decided.own_rule
        rule = FolderRule(own.source if own else folder.source, target, self.account.id)
        copied = "; what was copied stays where it is" if folder.goes.copied_to else ""
        self.act(partial(self.service.folders.set_rule, self.migration.id, rule), f"{done} {self._when}{copied}")

    def _take_back(self, rule: FolderRule) -> None:
        wish = partial(self.service.folders.remove_rule, self.migration.id, rule.source, rule.account_id)
        self.act(wish, f"{rule.source}: the rule is taken back {self._when}")

    @property
    def _when(self) -> str:
        return "from the next pass on; one runs now" if self.account.state.active else "from the next run on"

    def _tell(self, sentence: str) -> None:
        self.notify(sentence, markup=False, timeout=4)

    def _confirm(self, question: str, consequence: str, yes: str, wish: Callable[[], object]) -> None:
        def answered(answer: bool | None) -> None:
            if answer:
                wish()

        self.app.push_screen(Ask(question, consequence, yes), answered)
