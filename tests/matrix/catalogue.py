"""Every server of the matrix by its name in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tests.matrix import courier, cyrus, mailutils
from tests.matrix.courier import Courier
from tests.matrix.cyrus import Cyrus
from tests.matrix.dovecot import Dovecot
from tests.matrix.mailutils import Mailutils
from tests.matrix.pymap import Pymap
from tests.matrix.server import Ground, Server

Factory = Callable[[str, Ground], Server]

SERVERS: Mapping[str, tuple[Factory, Sequence[str]]] = {
    "Dovecot Maildir /": (Dovecot, ()),
    "Dovecot Maildir .": (partial(Dovecot, separator="."), ()),
    "Dovecot INBOX.": (partial(Dovecot, separator=".", prefix="INBOX."), ()),
    "Dovecot sdbox": (partial(Dovecot, storage="sdbox"), ()),
    "Dovecot mdbox": (partial(Dovecot, storage="mdbox"), ()),
    "Cyrus /": (partial(Cyrus, unix=True), cyrus.PACKAGES),
    "Cyrus INBOX.": (partial(Cyrus, unix=False), cyrus.PACKAGES),
    "Courier": (Courier, courier.PACKAGES),
    "mailutils": (Mailutils, mailutils.PACKAGES),
    "pymap": (Pymap, ()),
}
"""What makes it, and the packages that it is made of."""
WITH_TLS = ("Cyrus /", "Courier", "Dovecot Maildir /")
WITH_POP = ("Courier", "Cyrus /", "Dovecot Maildir /")
