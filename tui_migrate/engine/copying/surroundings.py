"""What a lane works in, and what its two threads have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tui_migrate.engine.copying.folder_run import FolderRun
from tui_migrate.engine.copying.notes import Notes
from tui_migrate.engine.copying.portions import Portions
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work


@dataclass(frozen=True, slots=True)
class LaneSurroundings:
    """What all lanes share that walk over an account's folders together."""

    work: Work
    tools: Tools
    runs: Mapping[bytes, FolderRun]
    """By the source folder's name, as on the wire."""
    queue: Portions


@dataclass(frozen=True, slots=True)
class Coupling:
    """What the reader and the writer of one lane have in common."""

    wake: Callable[[], None]
    """Lets the writer look around."""
    notes: Notes
    ending: threading.Event = field(default_factory=threading.Event)
    """Set: the lane takes nothing on any more."""
