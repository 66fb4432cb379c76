"""How it is told from a file's or a directory's times that it is as it was."""

from __future__ import annotations

import os
import time

_RECENT = 2_000_000_000
"""Nanoseconds. Times have grains: what is written right behind a change may leave them as they are."""


def stamp(*seen: os.stat_result) -> str:
    """Another one after every change of what was looked at; empty where one might go unseen. Programs set back when a
    file was changed, but not when that was done."""
    moments = [moment for each in seen for moment in (each.st_mtime_ns, each.st_ctime_ns)]
    if any(time.time_ns() - each < _RECENT for each in moments):
        return ""
    return "/".join(map(str, (*(number for each in seen for number in (each.st_ino, each.st_size)), *moments)))
