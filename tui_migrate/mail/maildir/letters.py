"""Flags as letters of file names in a folder that is filled."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Set
from string import ascii_lowercase

from tui_migrate.mail.imap.flags import Keeping, appendable
from tui_migrate.mail.maildir import keywords
from tui_migrate.mail.maildir.making import Owner
from tui_migrate.mail.maildir.names import SYSTEM

_SYSTEM = {flag: letter for letter, flag in SYSTEM.items() if flag.startswith("\\")}
"""P is left out: no server that has keywords shows it."""
_ALL = Keeping()


class Letters:
    """Of one folder. All of it may raise OSError.

    A keyword without a letter is given the next one, of which there are 26. In a mailbox that a server has open that is
    the server's to do: it would not see it, and give the letter to another one. Keywords that differ in capital letters
    alone are one, as they are for IMAP."""

    def __init__(self, folder: int, owner: Owner, *, guest: bool) -> None:
        """`guest`: a server uses the mailbox, too."""
        self._folder = folder
        self._owner = owner
        self._guest = guest
        self._known: dict[str, str] | None = None

    def of(self, flags: frozenset[str]) -> tuple[str, tuple[str, ...]]:
        """The letters of these flags, and the flags that cannot be kept."""
        kept, dropped = appendable(flags, _ALL)
        letters, words = "", []
        for flag in kept:
            if flag in _SYSTEM:
                letters += _SYSTEM[flag]
            else:
                words.append(flag)
        known = self._with(words) if words else {}
        lost = [word for word in words if word.lower() not in known]
        return letters + "".join(known[word.lower()] for word in words if word not in lost), (*dropped, *lost)

    def unkept(self, flags: Set[str]) -> set[str]:
        """Those of these flags that cannot be kept."""
        kept, dropped = appendable(frozenset(flags), _ALL)
        known = self._read()
        new = [flag for flag in kept if flag not in _SYSTEM and flag.lower() not in known]
        room = 0 if self._guest else len(ascii_lowercase) - len(known)
        given = {*[*dict.fromkeys(flag.lower() for flag in new)][:room]}
        return {*dropped, *(flag for flag in new if flag.lower() not in given)}

    def _with(self, words: list[str]) -> dict[str, str]:
        known = self._known
        if known is None or any(word.lower() not in known for word in words):
            known = self._read() if self._guest else self._given(words)
            self._known = known
        return known

    def _read(self) -> dict[str, str]:
        return {word.lower(): letter for letter, word in keywords.by_letter(self._folder).items()}

    def _given(self, words: list[str]) -> dict[str, str]:
        """Letters for all of them, as far as there are letters."""
        fcntl.flock(self._folder, fcntl.LOCK_EX)
        try:
            by_letter = keywords.by_letter(self._folder)
            known = {word.lower(): letter for letter, word in by_letter.items()}
            new = {word.lower(): word for word in reversed(words) if word.lower() not in known}.values()
            free = [letter for letter in ascii_lowercase if letter not in by_letter]
            if given := dict(zip(free, reversed(new), strict=False)):
                self._write({**by_letter, **given})
            return known | {word.lower(): letter for letter, word in given.items()}
        finally:
            fcntl.flock(self._folder, fcntl.LOCK_UN)

    def _write(self, by_letter: dict[str, str]) -> None:
        lines = (f"{ascii_lowercase.index(letter)} {word}\n" for letter, word in sorted(by_letter.items()))
        replace_file(keywords.DOVECOT, "".join(lines).encode(), self._folder, self._owner)


def replace_file(name: str, octets: bytes, directory: int, owner: Owner) -> None:
    """What stands in a file, all or nothing. Only one at a time may do it. Raises OSError."""
    new = f"{name}.tui-migrate"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(new, flags, 0o600, dir_fd=directory), "wb") as file:
        owner.give(file.fileno())
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, name, src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)
