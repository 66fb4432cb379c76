"""One table of a TOML file or a form, read with every mistake noted instead of stopping at the first."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tui_migrate.errors import Problem

T = TypeVar("T")


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that suggests a known word in place of a wrong one; empty when none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def invisible_character(text: str) -> str:
    """The first control or format character, as `U+200B`, else nothing. Pasted into a name, it breaks every login."""
    return next((f"U+{ord(char):04X}" for char in text if unicodedata.category(char) in ("Cc", "Cf")), "")


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """One table of a plan or a form: hands out checked values and notes what is wrong.

    In place of a wrong value it hands out a harmless one, so that reading goes on to the next mistake.
    """

    folder: Path
    """Where files lie that are named without a folder."""
    file_name: str
    """Of the plan; empty for a form, whose places are the fields' names alone."""
    name: str
    """Dotted as in the file, empty for the file itself."""
    values: dict[str, object]
    problems: list[Problem]
    """Shared by all tables of the file."""

    def wrong(self, key: str, text: str) -> None:
        """Note a mistake. `text` never quotes a value: a password may stand where it does not belong."""
        place = f"{self.file_name}: " if self.file_name else ""
        self.problems.append(Problem(place + self.dotted(key), text))

    def dotted(self, key: str) -> str:
        """The key with the name of its table."""
        return f"{self.name}.{key}" if self.name else key

    def allow(self, *known: str) -> None:
        """Note all keys but these as unknown."""
        kind = "key" if self.name else "table"
        for key in self.values:
            if key not in known:
                self.wrong(key, f"unknown {kind}{nearest(key, known) or '; known are ' + ', '.join(known)}")

    def table(self, key: str, *known: str) -> SettingsTable:
        """A table inside this one, in which the `known` keys may stand; an empty one when it is missing."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"must be a table: [{self.dotted(key)}]")
            return SettingsTable(self.folder, self.file_name, self.dotted(key), {}, [])
        table = SettingsTable(self.folder, self.file_name, self.dotted(key), value, self.problems)
        table.allow(*known)
        return table

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """One line of text."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            self.wrong(key, "must be text in quotation marks")
        elif any(unicodedata.category(char) == "Cc" for char in value):
            self.wrong(key, "must be one line without control characters")
        elif required and not value.strip():
            self.wrong(key, "must not be empty" if key in self.values else "is missing")
        else:
            return value
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry.strip() for entry in value):
            self.wrong(key, 'must be a list of texts, none of them empty: ["Junk", "Trash/*"]')
            return ()
        if any(unicodedata.category(char) == "Cc" for char in "".join(value)):
            self.wrong(key, "must hold no control characters")
        return tuple(value)

    def number(self, key: str, default: int, *, lowest: int = 1, highest: int | None = None) -> int:
        """A whole number from `lowest`. TOML's true and false are numbers to Python, but not here."""
        if key not in self.values:
            return default
        value = self.values[key]
        if type(value) is int and value >= lowest and (highest is None or value <= highest):
            return value
        self.wrong(key, f"must be a whole number from {lowest}{f' to {highest}' if highest else ''}")
        return default

    def flag(self, key: str) -> bool:
        """True or false; false when it is missing."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key, "must be true or false")
            return False
        return value

    def parsed(self, key: str, read: Callable[[str], T], default: T) -> T:
        """A text that `read` makes a value of; TOML's own dates and numbers are taken as their text."""
        value = self.values.get(key, "")
        if isinstance(value, datetime) and value.tzinfo:
            try:
                value = value.astimezone()
            except OverflowError:  # before the first year or after the last, by the clock of this machine
                value = "no moment"
        text = f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
        try:
            return read(text)
        except ValueError as error:
            self.wrong(key, str(error))
            return default

    def file(self, key: str, *, required: bool = False, private: bool = False) -> tuple[Path, bytes] | None:
        """A file by its absolute path, and what is in it. `private`: only its owner may be able to read it."""
        text = self.text(key, required=required)
        if not text:
            return None
        path = self.folder / text
        try:
            with path.open("rb") as opened:
                if private and os.fstat(opened.fileno()).st_mode & 0o077:
                    self.wrong(key, f"others can read {path}: chmod 600 it")
                return path, opened.read()
        except OSError as error:
            self.wrong(key, f"{path} cannot be read: {error.strerror}")
            return None
