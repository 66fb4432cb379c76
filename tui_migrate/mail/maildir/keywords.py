"""Keywords of messages: as letters in file names for Dovecot, in lists beside the messages for Courier."""

from __future__ import annotations

import os
from collections.abc import Sequence
from string import ascii_lowercase

from tui_migrate.mail.maildir.small import is_directory, lines_of, names_in, open_directory

DOVECOT = "dovecot-keywords"
_COURIER = "courierimapkeywords"
_COURIER_LIST = ":list"


def by_letter(folder: int) -> dict[str, str]:
    """What the letters a to z mean in file names of a folder. Raises OSError."""
    found = {}
    for line in lines_of(DOVECOT, folder):
        number, _, word = line.partition(" ")
        if word and number.isascii() and number.isdigit() and len(number) < 3 and int(number) < len(ascii_lowercase):
            found[ascii_lowercase[int(number)]] = word
    return found


def in_lists(folder: int) -> bool:
    """True where the keywords of a message may change while its name does not."""
    return is_directory(_COURIER, folder)


def by_name(folder: int) -> dict[str, frozenset[str]]:
    """Keywords by the name of a file, without its flags. Raises OSError."""
    if not in_lists(folder):
        return {}
    courier = open_directory(_COURIER, folder)
    try:
        found = _listed(lines_of(_COURIER_LIST, courier))
        for name, update in _updates(names_in(courier)).items():
            found[name] = frozenset(filter(None, lines_of(update, courier)))
        return found
    finally:
        os.close(courier)


def _listed(lines: Sequence[str]) -> dict[str, frozenset[str]]:
    """The words, each in a line, an empty line, and for each message its words' numbers."""
    end = lines.index("") if "" in lines else len(lines)
    words, found = lines[:end], {}
    for line in lines[end + 1 :]:
        name, _, numbers = line.partition(":")
        indices = [int(each) for each in numbers.split() if each.isascii() and each.isdigit() and len(each) < 6]
        found[name] = frozenset(words[each] for each in indices if each < len(words))
    return found


def _updates(files: Sequence[str]) -> dict[str, str]:
    """The newest file with the words of a message that the list does not have yet: `NAME`, or else the `.NUMBER.NAME`
    with the highest number."""
    newest: dict[str, tuple[float, str]] = {}
    for file in files:
        number, name = float("inf"), file
        if file.startswith("."):
            digits, _, name = file[1:].partition(".")
            if not (digits.isascii() and digits.isdigit() and name):
                continue
            number = float(digits)
        if file != _COURIER_LIST and (number, file) > newest.get(name, (-1.0, "")):
            newest[name] = number, file
    return {name: file for name, (_, file) in newest.items()}
