"""A migration to be made or changed: title, two servers, what is left out. Nothing is kept before it is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.widget import Widget

from tui_migrate.errors import BadInput, MigrateError
from tui_migrate.model import (
    KINDS,
    AdminLogin,
    LoginKind,
    Migration,
    MigrationSpec,
    ProxyLogin,
    Secret,
    Side,
    server_settings,
)
from tui_migrate.model.declared import Declaration, Section, settings
from tui_migrate.model.discovery import Found
from tui_migrate.model.tokens import TokenLogin, asked, ways
from tui_migrate.service import Service
from tui_migrate.ui import commands
from tui_migrate.ui.aside import still_there
from tui_migrate.ui.format import plural
from tui_migrate.ui.screens.accounts import AccountsScreen
from tui_migrate.ui.screens.connection_test import ConnectionTestScreen
from tui_migrate.ui.screens.room import Room
from tui_migrate.ui.setting_fields import (
    KEPT,
    PROXY_LOGIN,
    SECRETS,
    field_name,
    limit_fields,
    login_fields,
    migration_fields,
    place_fields,
    usual_port,
    usual_ports,
)
from tui_migrate.ui.states import Pulse
from tui_migrate.ui.widgets.choice import Choice
from tui_migrate.ui.widgets.facts import Prose
from tui_migrate.ui.widgets.field import Field, TextEntry
from tui_migrate.ui.widgets.form import FieldHelp, Form
from tui_migrate.ui.widgets.tones import words

_NO_DOMAIN = "Type the mail domain, or an address of it, as the host: its servers are found then."


class Part(VerticalGroup):
    """Fields that belong together, under a heading."""

    def __init__(self, heading: str, fields: Iterable[Field]) -> None:
        self.fields = list(fields)
        super().__init__(Prose(heading, classes="heading"), *self.fields)

    @property
    def first(self) -> Field:
        """The first of the fields that is asked for."""
        return next(field for field in self.fields if field.display)


def _server_parts(side: Side) -> Iterable[Part]:
    name = side.capitalize()
    yield Part(f"{name} (page down: next part)" if side is Side.SOURCE else name, place_fields(side))
    yield Part(f"{name}: login", login_fields(side))
    yield Part(f"{name}: limits", limit_fields(side))


class MigrationFormScreen(Room[None]):
    """The fields of a migration; of a new one without `migration`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        commands.SAVE,
        commands.TEST,
        commands.FIND_SERVER,
        commands.CANCEL,
        replace(commands.NEXT_PART, priority=True),  # before a field of several lines takes it
        replace(commands.PART_BEFORE, priority=True),
        commands.FORM_HELP,
        commands.PALETTE,
    ]

    def __init__(self, service: Service, migration: Migration | None = None) -> None:
        super().__init__(service)
        self.migration = migration
        self._stored = service.migrations.form(migration)
        """The texts to begin with."""
        self._left: set[str] = set()
        """Fields that have been judged: what is wrong with the others is not said before saving."""
        self._own_ports: set[str] = set()
        """Ports that were typed by hand, by the name of the field."""
        self._parts: list[Part] = []
        self._fields: dict[str, Field] = {}
        """All of them, by what they are called."""

    def path(self) -> list[str]:
        return [self.migration.title, "Edit"] if self.migration else ["New migration"]

    def body(self) -> Iterable[Widget]:
        title = Part("", migration_fields(Section.TITLE))
        servers = [list(_server_parts(side)) for side in Side]
        rest = [
            Part("What is copied", migration_fields(Section.COPIED)),
            Part("When", migration_fields(Section.WHEN)),
        ]
        self._parts = [title, *chain(*servers), *rest]
        self._fields = {field.called: field for part in self._parts for field in part.fields}
        self._fill_in()
        groups = [VerticalGroup(*parts, classes="server") for parts in servers]
        yield Form(title, VerticalGroup(*groups, id="servers"), *rest)
        yield FieldHelp()

    def _fill_in(self) -> None:
        """Give the fields their texts before they are on the screen, where all would be laid out once more."""
        for name, text in self._stored.items():
            self._fields[name].text = text
        for side in Side:
            if self._stored[f"{side}.port"] != self._usual_port(side):
                self._own_ports.add(f"{side}.port")
            for login in ("admin.", PROXY_LOGIN):
                password = self._fields[f"{side}.{login}password"].control
                if isinstance(password, TextEntry) and self._stored[f"{side}.{login}user"]:
                    password.placeholder = KEPT
            secret = self._fields[f"{side}.oauth.secret_file"].control
            if isinstance(secret, TextEntry) and self._has_secret(side):
                secret.placeholder = KEPT
            self._follow_kind(side)

    def _has_secret(self, side: Side) -> bool:
        """True where a secret for tokens is stored."""
        if self.migration is None:
            return False
        token = self.migration.server(side).token
        return token is not None and token.secret is not None

    def look(self, engine: Pulse) -> None:
        """Nothing to read: what is typed is never overwritten."""

    def show(self, seen: None) -> None:
        """Nothing to bring up to date."""

    def action_part(self, step: int) -> None:
        """Steps back go to the first field of this part, then of the one before."""
        fields = list(self._fields.values())
        here = next((index for index, field in enumerate(fields) if field.has_focus_within), 0)
        ahead = [part for part in self._parts if (fields.index(part.first) - here) * step > 0]
        if ahead:
            part = ahead[0 if step > 0 else -1]
            part.first.control.focus()
            self.query_one(Form).scroll_to_widget(part, top=True, animate=False)

    # What was typed

    @property
    def migration_id(self) -> int | None:
        """The id of the migration that is edited; None for a new one."""
        return self.migration.id if self.migration else None

    def _typed(self) -> tuple[dict[str, str], dict[str, Secret]]:
        """The texts that were typed, and the passwords that are not empty."""
        texts = {name: field.text for name, field in self._fields.items()}
        names = [name for name in texts if name.partition(".")[2] in SECRETS]
        passwords = {name: Secret(text) for name in names if (text := texts.pop(name))}
        return texts, passwords

    @property
    def unsaved(self) -> str:
        texts, passwords = self._typed()
        changed = [name for name, text in self._stored.items() if texts[name] != text]
        changed += passwords
        number = sum(".trial." not in name for name in changed)
        return f"What was typed in {plural(number, 'field')} would be lost." if number else ""

    # Following

    @on(Field.Changed)
    def _follow(self, event: Field.Changed) -> None:
        name = event.field.called
        side, _, key = name.partition(".")
        if name in self._left:
            event.field.complain("")
        if key in ("protocol", "security") and f"{side}.port" not in self._own_ports:
            port = self._fields[f"{side}.port"]
            if port.text in usual_ports():  # keys that came in one burst may have changed it already
                port.text = self._usual_port(side)
        if key == "protocol":
            self._follow_kind(Side(side))
        elif key == "port":
            self._own_ports.add(name)
        elif key in ("login", "oauth.provider", "oauth.sign_in"):
            self._follow_login(Side(side))

    def _usual_port(self, side: str) -> str:
        return usual_port(self._fields[f"{side}.protocol"].text, self._fields[f"{side}.security"].text)

    def _follow_kind(self, side: Side) -> None:
        """Ask for nothing that a kind of mailbox does not have."""
        fields = self._fields
        kind = KINDS[fields[f"{side}.protocol"].text]
        fields[f"{side}.protocol"].note(kind.not_carried)
        login = fields[f"{side}.login"].control
        assert isinstance(login, Choice)
        login.offer(kind.logins)
        asked = {each.key for each in kind.asked()}
        for each in server_settings(side):
            fields[f"{side}.{each.key}"].ask(each.key in asked)
        if side is Side.SOURCE:
            for each in settings(MigrationSpec):
                fields[each.key].ask(kind.has(each))
        for each in settings(ProxyLogin):
            # Also before there is a proxy: its password, in one burst of keys with it, must not land elsewhere.
            fields[f"{side}.{PROXY_LOGIN}{each.key}"].ask("proxy" in asked)
        self._follow_login(side)

    def _follow_login(self, side: Side) -> None:
        chosen = self._fields[f"{side}.login"].text
        self._ask(f"{side}.admin.", settings(AdminLogin) if chosen == LoginKind.ADMIN else ())
        self._follow_provider(side, by_token=chosen == LoginKind.TOKEN)
        self._fields[f"{side}.trial.password"].ask(chosen == LoginKind.OWN)

    def _follow_provider(self, side: Side, *, by_token: bool) -> None:
        """Ask for nothing that says nothing of this provider, and of who signs in there."""
        provider, sign_in = (self._fields[f"{side}.oauth.{key}"] for key in ("provider", "sign_in"))
        assert isinstance(sign_in.control, Choice)
        sign_in.control.offer(ways(provider.text))
        names = asked(provider.text, sign_in.text) if by_token else ()
        self._ask(f"{side}.oauth.", [each for each in settings(TokenLogin) if each.name in names])

    def _ask(self, before: str, some: Sequence[Declaration]) -> None:
        """Of the fields whose names begin so, ask for those of these settings alone."""
        names = {field_name(each, before) for each in some}
        for name, field in self._fields.items():
            if name.startswith(before):
                field.ask(name in names)

    @on(Field.Left)
    def _judge_field(self, event: Field.Left) -> None:
        self._fill_ports()
        self._left.add(event.field.called)
        self.judge()

    def _fill_ports(self) -> None:
        """Let a port that was emptied follow again."""
        for side in Side:
            port = self._fields[f"{side}.port"]
            if not port.text.strip():
                port.text = self._usual_port(side)
                self._own_ports.discard(port.called)

    @work(group="judge", exclusive=True)
    async def judge(self) -> None:
        """Say at each field that was left what is wrong with it."""
        try:
            await asyncio.to_thread(self.service.migrations.read_form, *self._typed(), self.migration_id)
            problems: dict[str, str] = {}
        except BadInput as bad:
            problems = {problem.place: problem.text for problem in bad.problems}
        except (MigrateError, OSError) as error:
            self.complain(error)
            return
        if still_there(self):
            self._show_problems(problems)

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        with self.app.batch_update():
            for name in self._left:
                self._fields[name].complain(problems.get(name, ""))

    # Commands

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        self._fill_ports()
        texts, passwords = self._typed()
        try:
            saved = await asyncio.to_thread(self._save, texts, passwords)
        except BadInput as bad:
            self._left = set(self._fields)
            problems = {problem.place: problem.text for problem in bad.problems}
            self._show_problems(problems)
            first = next(field for name, field in self._fields.items() if name in problems)
            first.control.focus()
            self.call_after_refresh(first.scroll_visible, animate=False)  # with the complaint below it
            said = f"Not saved: {plural(len(problems), 'field')} to correct."
            self.notify(words(self, said), severity="error", markup=False, timeout=5)
        except (MigrateError, OSError) as error:
            self.complain(error)
        else:
            self.notify(words(self, f"{saved.title}: saved"), markup=False, timeout=3)
            if self.migration:
                self.dismiss()
            else:
                self.app.switch_screen(AccountsScreen(self.service, saved))

    def _save(self, texts: Mapping[str, str], passwords: Mapping[str, Secret]) -> Migration:
        spec = self.service.migrations.read_form(texts, passwords, self.migration_id)
        if self.migration_id is None:
            return self.service.migrations.get(self.service.migrations.create(spec)).migration
        self.service.migrations.change(self.migration_id, spec)
        return self.service.migrations.get(self.migration_id).migration

    def action_test(self) -> None:
        labels = {name: field.label for name, field in self._fields.items()}
        self.app.push_screen(ConnectionTestScreen(self.service, *self._typed(), self.migration_id, labels))

    def action_find_server(self) -> None:
        """Of the side that the cursor is in; else of the source."""
        from tui_migrate.ui.screens.find_server import FindServer

        focused = next((name for name, field in self._fields.items() if field.has_focus_within), "")
        side = next((side for side in Side if focused.startswith(f"{side}.")), Side.SOURCE)
        host = self._fields[f"{side}.host"]
        where = host.text.strip()
        if not host.display or not where:
            self.notify(words(self, _NO_DOMAIN), markup=False, timeout=5)
            return
        look = partial(self.service.discovery.find_for_form, side, *self._typed(), self.migration_id)

        def chosen(found: Found | None) -> None:
            if found is not None:
                self._fill_server(side, self.service.discovery.texts(side, found, where))

        self.app.push_screen(FindServer(where, look), chosen)

    def _fill_server(self, side: Side, texts: Mapping[str, str]) -> None:
        """Put these into their fields. The port stays as it is said, whatever protocol and security come before it."""
        with self.app.batch_update():
            for name, text in texts.items():
                self._fields[name].text = text
            port = f"{side}.port"
            (self._own_ports.discard if texts[port] == self._usual_port(side) else self._own_ports.add)(port)
            self._follow_kind(side)
        self.judge()
