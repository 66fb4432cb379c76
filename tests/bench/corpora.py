"""The mailboxes that are moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.servers.maildir import MailItem
from tests.support.sample_mail import mixed, plain


@dataclass(frozen=True)
class Corpus:
    """One mailbox of sample mail, the same on every machine."""

    key: str
    """What `--corpora` calls it, and the source user that has it."""
    title: str
    messages: int
    make: Callable[[], list[MailItem]]


CORPORA = (
    Corpus("10000", "10,000 messages of 4 KB in 26 folders", 10_000, partial(plain, 10_000, 26)),
    Corpus("2000", "2,000 messages of 4 KB in 6 folders", 2_000, partial(plain, 2_000, 6)),
    Corpus("mixed", "2,000 mixed messages, 50 MB, in 12 folders", 2_000, mixed),
)
WARM_UP = Corpus("warm-up", "a few messages", 60, partial(plain, 60, 6))
"""Moved once by each tool, and not reported: it has Python's bytecode compiled, which installing does otherwise."""
