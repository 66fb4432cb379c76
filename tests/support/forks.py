"""Processes that are forked from one that has imported the program: a start costs no second, and a kill is real."""

from __future__ import annotations

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
# A process of tests has one server of forks, which imports what it was told last: so all is told here.
FORKS.set_forkserver_preload(["tests.crash.quick", "tests.doubles.killed", "tests.mail.maildir.killed"])
