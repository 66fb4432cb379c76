"""How a setting is declared: once, at the field of a dataclass that holds its value.

From the declaration come the key of a plan with its checks, the field of a form, the dump, what the store keeps, and
the word of the audit trail. A setting that is declared is complete: nothing else names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


class Section(StrEnum):
    """The part of a form in which a setting stands."""

    TITLE = "title"
    WHERE = "where"
    TRUST = "trust"
    WAY = "way"
    LOGIN = "login"
    LIMITS = "limits"
    COPIED = "copied"
    WHEN = "when"
    MAIL = "mail"


# Types: what may be said. How each is read, spelled and typed in stands in `config.typed`, how it is stored in
# `store.documents`, and what widget it has in `ui.setting_fields`: a new type is known in these places.
# One without fields is a plain class: to make it a dataclass would take a quarter of a millisecond of each start.


@dataclass(frozen=True, slots=True)
class Text:
    """One line."""

    required: bool = False
    pattern: str = ""
    """A regular expression that all of it matches; empty: any line."""
    rule: str = ""
    """What is said of a text that does not match: the end of a sentence."""


class User:
    """Who logs in: one line, in which every character is seen."""


class Host:
    """A host name or an IP address, without a port."""


class Proxy:
    """A proxy that leads to a server, as `socks5://host:port`; the login there is no part of it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    lowest: int = 1
    highest: int | None = None
    none: bool = False
    """True: 0 means that there is no limit, or that nothing was said, and a form shows nothing in its place."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes, as `500 MB`; 0 and empty: no limit."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words, each with what a form calls it."""

    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false. A form offers two words, the one for false first, each with what it calls it."""

    words: Mapping[str, str]


class FolderNames:
    """Names of folders, `*` stands for anything."""


class Day:
    """A day, as `2026-12-31`."""


class Instant:
    """A day and an hour, in epoch seconds."""


class Folder:
    """A folder of this machine. A plan may leave it out, or say it from its own folder; what is kept is absolute."""


class Certificates:
    """A file in PEM form."""


class Program:
    """A program with its arguments, run without a shell; `{user}` stands for the mailbox."""


class Blackouts:
    """Times of the week."""


@dataclass(frozen=True, slots=True)
class Password:
    """A secret. A plan names a file that holds it in its first line, a form takes it and never shows it again."""

    whole: bool = False
    """True: it is all of that file, as a key is, and a form names the file too."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mail address."""

    required: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """Text with placeholders, on one line or, as `lines`, on several."""

    lines: bool = False


Type = (
    Text
    | User
    | Host
    | Proxy
    | Number
    | Size
    | OneOf
    | Flag
    | FolderNames
    | Day
    | Instant
    | Folder
    | Certificates
    | Program
    | Blackouts
    | Password
    | Address
    | Template
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """All there is to say of a setting. `key` is its name in a plan, `default` what holds where it is not said."""

    name: str
    """Of the field that holds it."""
    key: str
    type: Type
    label: str
    """In a form; at most 17 cells."""
    sentence: str
    """What it does, for a plan's comment and below a form: at most 118 cells."""
    hint: str
    """What a form shows in the empty field."""
    section: Section
    default: Any
    required: bool
    """True: there is no default."""
    needs: str
    """The trait of a kind without which it says nothing; empty: it holds for all."""
    pinned: bool
    """True: it says where mail comes from or goes to, and cannot change while mail is on its way."""
    word: str
    """What the audit trail calls it."""
    since: str
    """The version of tui-migrate that knew it first."""
    of_connections: bool
    """True: a form asks for it where there is a server. A plan may say it of files, where it is how many are read."""

    @property
    def plan_key(self) -> str:
        """Its key in a plan: that of a password names the file that holds it."""
        return f"{self.key}_file" if isinstance(self.type, Password) else self.key


_KEY = "setting"


def setting(
    kind: Type,
    label: str,
    sentence: str,
    *,
    section: Section,
    default: Any = MISSING,
    hint: str = "",
    key: str = "",
    needs: str = "",
    pinned: bool = False,
    word: str = "",
    since: str = "0.1",
    of_connections: bool = False,
    kw_only: bool = True,
) -> Any:
    """The field of a class that `declares` settings. Without `kw_only` it may be given without its name."""
    told = {
        "type": kind,
        "label": label,
        "sentence": sentence,
        "hint": hint,
        "section": section,
        "key": key,
        "needs": needs,
        "pinned": pinned,
        "word": word,
        "since": since,
        "of_connections": of_connections,
    }
    return field(default=default, kw_only=kw_only, metadata={_KEY: told})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, setting))
def declares(of: type[T]) -> type[T]:
    """A frozen dataclass whose fields are settings."""
    made = dataclass(frozen=True, slots=True, kw_only=True)(of)
    _SETTINGS[made] = in_order(_declaration(each) for each in fields(made) if _KEY in each.metadata)  # type: ignore[arg-type]
    return made


def settings(of: type[Any]) -> tuple[Declaration, ...]:
    """The settings that this class declares, in the order of a form: by section, and within one as declared."""
    return _SETTINGS[of]


def without_passwords(declared: Iterable[Declaration]) -> Iterator[Declaration]:
    """The settings whose values may be shown."""
    return (each for each in declared if not isinstance(each.type, Password))


def in_order(declared: Iterable[Declaration]) -> tuple[Declaration, ...]:
    """Settings by section, and within one as they come."""
    return tuple(sorted(declared, key=lambda each: _SECTIONS.index(each.section)))


_SECTIONS = list(Section)
_SETTINGS: dict[type[Any], tuple[Declaration, ...]] = {}


def _declaration(of: Field[Any]) -> Declaration:
    told = dict(of.metadata[_KEY])
    key = told.pop("key") or of.name
    word = told.pop("word") or key.replace("_", " ")
    required = of.default is MISSING
    default = None if required else of.default
    return Declaration(name=of.name, key=key, word=word, default=default, required=required, **told)
