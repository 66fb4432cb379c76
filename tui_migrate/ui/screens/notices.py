"""Mail to the users of a migration: when, by which server, what it says, and how that reads with real numbers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from tui_migrate.errors import BadInput, MailError, MigrateError
from tui_migrate.model import Migration, Notice, NoticeSettings, NoticeState, Secret
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.aside import aside, still_there
from tui_migrate.ui.format import Cell, Tone, plural, when
from tui_migrate.ui.notice_fields import (
    OFF,
    PLACES,
    SECRETS,
    USUAL_PORTS,
    WHEN,
    notice_fields,
    usual_port,
)
from tui_migrate.ui.screens.ask import Ask
from tui_migrate.ui.screens.releasing import Releasing
from tui_migrate.ui.setting_fields import KEPT
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.facts import Passage, Prose
from tui_migrate.ui.widgets.field import Field, TextEntry
from tui_migrate.ui.widgets.form import FieldHelp, Form
from tui_migrate.ui.widgets.line import Line, joined
from tui_migrate.ui.widgets.tones import words

_TONES = {
    NoticeState.HELD: Tone.CARE,
    NoticeState.SENT: Tone.GOOD,
    NoticeState.FAILED: Tone.BAD,
    NoticeState.IN_DOUBT: Tone.CARE,
}
TO_RETRY = (NoticeState.FAILED, NoticeState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at the store has read."""

    counts: Mapping[NoticeState, int]
    trouble: Notice | None
    """The newest that is not sent, with a reason."""


class NoticesScreen(Releasing[_Seen]):
    """The form for mail to users. Nothing is kept before it is saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.SAVE,
        commands.TEST_MAIL,
        commands.RELEASE_HELD,
        commands.MAIL_ONCE_MORE,
        replace(commands.PREVIEW, priority=True),  # before a field of several lines takes it
        replace(commands.BACK_UP, priority=True),
        commands.CANCEL,
        commands.FORM_HELP,
        commands.PALETTE,
    ]

    def __init__(self, service: Service, migration: Migration) -> None:
        super().__init__(service)
        self.migration = migration
        self._stored = service.notices.form(migration.id)
        """The texts to begin with."""

    def path(self) -> list[str]:
        return [self.migration.title, "Mail to users"]

    def meant(self) -> Migration:
        return self.migration

    def body(self) -> Iterable[Widget]:
        yield Line(id="notices")
        yield Line(id="reason")
        yield Form(
            *notice_fields(),
            Prose(PLACES, id="places"),
            Prose(id="about", classes="heading"),
            Passage(id="preview"),
        )
        yield FieldHelp()

    def on_mount(self) -> None:
        for name, text in self._stored.items():
            self._fields[name].text = text
        own = self.migration.notices
        for name, known in zip(SECRETS, (own and own.password, own and own.proxy_login), strict=True):
            control = self._fields[name].control
            if known and isinstance(control, TextEntry):
                control.placeholder = KEPT
        self._follow_when()
        self.show_preview()

    def look(self, engine: Pulse) -> _Seen:
        found = self.service.notices.listing(self.migration.id)
        troubled = [each for each in found if each.last_error and each.state is not NoticeState.SENT]
        return _Seen(Counter(each.state for each in found), max(troubled, key=lambda each: each.at, default=None))

    def show(self, seen: _Seen) -> None:
        counts = [(state, seen.counts[state]) for state in NoticeState if seen.counts.get(state)]
        cells = [Cell(f"{number:,} {state}", _TONES.get(state, Tone.PLAIN)) for state, number in counts]
        keys = "^r releases the held" if seen.counts.get(NoticeState.HELD) else "page down: how it reads"
        said = joined(cells) if cells else [Cell("No mail so far.", Tone.QUIET)]
        self.query_one("#notices", Line).show(said, [Cell(keys, Tone.QUIET)])
        cells = []
        if each := seen.trouble:
            trouble = f"{when(each.at, self.now())} {each.recipient or 'no address'}: {each.last_error}"
            cells = [Cell(trouble, _TONES.get(each.state, Tone.PLAIN))]
        self.query_one("#reason", Line).show(cells)

    # What was typed

    @cached_property
    def _fields(self) -> Mapping[str, Field]:
        return {field.called: field for field in self.query(Field)}

    def _typed(self) -> tuple[dict[str, str], dict[str, Secret]]:
        texts = {name: field.text for name, field in self._fields.items()}
        return texts, {name: Secret(text) for name in SECRETS if (text := texts.pop(name))}

    @property
    def unsaved(self) -> str:
        texts, passwords = self._typed()
        number = sum(texts[name] != text for name, text in self._stored.items()) + len(passwords)
        return f"What was typed in {plural(number, 'field')} would be lost." if number else ""

    @on(Field.Changed)
    def _follow(self, event: Field.Changed) -> None:
        event.field.complain("")
        port = self._fields["port"]
        if event.field.called == "security" and port.text in ("", *USUAL_PORTS):
            port.text = usual_port(event.field.text)
        self._follow_when()
        self.show_preview()

    def _follow_when(self) -> None:
        """Ask for nothing where no mail is sent."""
        on = self._fields[WHEN].text != OFF
        for name, field in self._fields.items():
            field.display = on or name == WHEN
        for name in ("#places", "#about", "#preview"):
            self.query_one(name).display = on

    @work(group="preview", exclusive=True)
    async def show_preview(self) -> None:
        """Show the notice as it is typed now."""
        texts, _ = self._typed()
        if texts[WHEN] == OFF:
            return
        try:
            notice = await asyncio.to_thread(self.service.notices.preview, self.migration.id, texts)
        except MigrateError as error:
            self.complain(error)
            return
        if still_there(self):
            whose = "numbers of an account" if notice.real else "example numbers: there is no account yet"
            self.query_one("#about", Prose).say(f"The mail, with {whose}")
            head = f"To: {notice.recipient or 'no address (Notify)'}\nSubject: {notice.subject}\n\n"
            self.query_one("#preview", Passage).say(head + notice.text)

    # Commands

    def action_page(self, step: int) -> None:
        form = self.query_one(Form)
        if step > 0:
            form.scroll_page_down(animate=False)
        else:
            form.scroll_page_up(animate=False)

    async def _read(self) -> tuple[bool, NoticeSettings | None]:
        """Whether what is typed is right, and what it is; what is wrong is said at its field."""
        try:
            return True, await asyncio.to_thread(self.service.notices.read_form, self.migration.id, *self._typed())
        except BadInput as bad:
            self._show_problems(bad)
        except (MigrateError, OSError) as error:
            self.complain(error)
        return False, None

    def _show_problems(self, bad: BadInput) -> None:
        problems = {problem.place: problem.text for problem in bad.problems}
        with self.app.batch_update():
            for name, field in self._fields.items():
                field.complain(problems.get(name, ""))
        next(field for name, field in self._fields.items() if name in problems).control.focus()
        said = f"Not saved: {plural(len(problems), 'field')} to correct."
        self.notify(words(self, said), severity="error", markup=False, timeout=5)

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        good, settings = await self._read()
        if not good:
            return
        try:
            await asyncio.to_thread(self.service.notices.configure, self.migration.id, settings)
        except (MigrateError, OSError) as error:
            self.complain(error)
        else:
            said = "mail to users is off" if settings is None else "mail to users: saved"
            self.notify(words(self, f"{self.migration.title}: {said}"), markup=False, timeout=3)
            self.dismiss()

    @work(group="test", exclusive=True)
    async def action_test(self) -> None:
        good, settings = await self._read()
        if settings is None:
            if good:
                self.notify("Mail to users is off: choose above when it is sent.", timeout=5)
            return
        self.notify("Sending a test mail…", timeout=3)
        try:
            to = await aside(partial(self.service.notices.send_test, self.migration.id, settings))
        except BadInput as bad:
            self._show_problems(bad)
        except MailError as error:
            said = f"{error.sentence} {error.server_words}".strip()
            self.notify(words(self, said), severity="error", markup=False, timeout=15)
        except MigrateError as error:
            self.complain(error)
        else:
            self.notify(words(self, f"Test mail sent to {to}"), markup=False, timeout=5)

    def action_retry_mails(self) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.act(partial(self.service.notices.retry, self.migration.id), "What has failed is sent again")

        consequence = "What may have been sent is sent again too: those users may get it twice."
        self.app.push_screen(Ask("Send again what has failed?", consequence, "send"), answered)
