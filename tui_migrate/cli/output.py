"""What the command line says. Whatever becomes of it, the exit code stays: it tells of mail, never of a terminal, a
locale, a pipe or a disk."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TextIO

_CLEAR = "\r\x1b[K"
_ERRORS = "tui-migrate"


def prepare_output() -> None:
    """Once, before anything is opened. A stream that was closed would give its number to the next file, which may be
    the store; one whose encoding lacks a letter shows its code instead (`\\u041e`)."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", closefd=False, encoding="utf-8"))  # noqa: SIM115 - for good
    codecs.register_error(_ERRORS, _in_other_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def speaker(kind: str) -> str:
    """Whose words stand behind an error of this kind: a server's, or those that tell more of a file."""
    from tui_migrate.errors import MailError, said

    return "server" if said(kind) == MailError.said else "detail"


def say(*lines: str, err: bool = False) -> None:
    """Lines to stdout or stderr, each with nothing in it that a terminal would obey."""
    from tui_migrate.printable import harmless

    _write("".join(f"{harmless(line)}\n" for line in lines), err)


def say_all(lines: Iterable[str]) -> None:
    """Lines to stdout or stderr, as `say` writes them."""
    say(*lines)


def say_json(found: object) -> None:
    """Values for programs."""
    import json

    say_all(json.dumps(found, indent=2).splitlines())


def show(line: str, *, err: bool = False) -> None:
    """A live line of a terminal, in the place of the one before; an empty one takes it away."""
    from tui_migrate.printable import harmless

    _write(_CLEAR + harmless(line), err)


def _write(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _give_up(stream)
        if not (err or isinstance(error, BrokenPipeError)):  # the reader of a pipe has seen enough
            say(f"What is said here cannot be written: {error.strerror}.", err=True)


def _give_up(stream: TextIO) -> None:
    """Let whatever is written to this stream from here on go nowhere: Python would try once more at its end, and
    fail."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    with contextlib.suppress(OSError, ValueError):
        stream.flush()


def _in_other_letters(error: UnicodeError) -> tuple[str | bytes, int]:
    """Our own signs get their twins in ASCII, other letters are shown by their codes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from tui_migrate.printable import printable

    piece = error.object[error.start : error.end]
    twins = (printable(each, ascii_only=True) for each in piece)
    shown = (
        twin if twin != "?" else each.encode("ascii", "backslashreplace").decode()
        for each, twin in zip(piece, twins, strict=True)
    )
    return "".join(shown), error.end
