"""Where the files of a mailbox lie."""

from __future__ import annotations

import os
from pathlib import Path

from tui_migrate.errors import PathRefused
from tui_migrate.model import Login
from tui_migrate.model.kinds.files import FileServer


def mailbox_path(server: FileServer, login: Login) -> Path:
    """Of the mailbox that logs in, whether it is there or not, with no link left in it. Raises PathRefused where it is
    not inside of the server's folder: a name in a list must open no other file of this machine."""
    told = Path(server.path_of(login.user, login.path))
    root = Path(os.path.realpath(server.folder))
    try:
        found = Path(os.path.realpath(root / told))
    except ValueError:  # an octet of zero
        raise PathRefused(f"{str(told)!r} is no path.") from None
    if told.is_absolute() or ".." in told.parts or found == root or not found.is_relative_to(root):
        raise PathRefused(f"The mailbox {told} does not lie inside of {server.folder}.", server_words=str(found))
    return found
