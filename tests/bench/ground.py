"""Where everything happens: two Dovecots with their mail in memory, and the distance to them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.bench.corpora import Corpus
from tests.bench.tools import PASSWORD, Transfer
from tests.servers.certificates import make_certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import INBOX, write_maildir
from tests.servers.proxies import delay_process

RAM_DISK = Path("/dev/shm")
NEEDED_BYTES = 2_500_000_000
_CACHED = "guid uid size.virtual size.physical date.received hdr.date hdr.message-id"


@dataclass
class Ground:
    """The two servers, plain and TLS, and what lies on them."""

    source: Dovecot
    destination: Dovecot
    ca_file: Path
    mailboxes: dict[str, Counter[str]] = field(default_factory=dict)
    """Corpus to messages in each folder, the same for each of its accounts."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def add(self, corpus: Corpus) -> None:
        """Store the corpus at the source, all folders subscribed, and index it: no tool is to pay for that."""
        items = corpus.make()
        for user in _users(corpus):
            root = self.source.add_user(user, PASSWORD)
            write_maildir(root, "/", items, subscribed=sorted({item.folder for item in items}))
            self.source.doveadm("fetch", "-u", user, _CACHED, "ALL")
        self.mailboxes[corpus.key] = count_messages(root)

    def remove(self, corpus: Corpus) -> None:
        """Make room for another."""
        del self.mailboxes[corpus.key]
        for user in _users(corpus):
            shutil.rmtree(self.source.maildir(user).parent, ignore_errors=True)

    @contextmanager
    def distance(self, round_trip_ms: float, tls: bool) -> Iterator[tuple[int, int]]:
        """Both servers this far away. Yields: the source's and the destination's port."""
        one_way = round_trip_ms / 2000
        source, destination = (each.tls_port if tls else each.port for each in (self.source, self.destination))
        with delay_process(source, one_way) as near_source, delay_process(destination, one_way) as near_destination:
            yield near_source, near_destination

    @contextmanager
    def transfer(self, corpus: Corpus, ports: tuple[int, int], tls: bool) -> Iterator[Transfer]:
        """To new and empty mailboxes, which are removed at the end."""
        users = tuple((user, f"run{next(self._numbers)}") for user in _users(corpus))
        maildirs = [self.destination.add_user(user, PASSWORD) for _, user in users]
        try:
            ca_file = self.ca_file if tls else None
            yield Transfer(users, ports[0], ports[1], corpus.at_once, self.destination, ca_file)
        finally:
            # A session that is just ending may still write an index here; the server's own folder goes at the end.
            for maildir in maildirs:
                shutil.rmtree(maildir.parent, ignore_errors=True)

    def difference(self, corpus: Corpus, transfer: Transfer) -> str:
        """How the destination's folders on disk differ in numbers from the source's, or an empty string."""
        wanted = self.mailboxes[corpus.key]
        shown = []
        for _, user in transfer.users:
            found = count_messages(self.destination.maildir(user))
            names = sorted(name for name in {*wanted, *found} if wanted[name] != found[name])
            shown += [f"{found[name]} of {wanted[name]} in {name} of {user}" for name in names]
        return ", ".join(shown if len(shown) <= 3 else [*shown[:3], f"and so on in {len(shown)} folders"])

    def first_has_come(self, transfer: Transfer) -> bool:
        """Whether a message lies in the destination's inbox on disk."""
        return any(
            any(place.iterdir())
            for _, user in transfer.users
            for place in (self.destination.maildir(user) / name for name in ("new", "cur"))
            if place.is_dir()
        )


def _users(corpus: Corpus) -> list[str]:
    """At the source."""
    return [f"{corpus.key}-{number}" for number in range(1, corpus.accounts + 1)]


@contextmanager
def ground() -> Iterator[Ground]:
    """Start both servers; stop them and remove their mail at the end. Raises: OSError without a fitting RAM disk."""
    if not os.access(RAM_DISK, os.W_OK) or shutil.disk_usage(RAM_DISK).free < NEEDED_BYTES:
        raise OSError(f"{RAM_DISK} must be a RAM disk with {NEEDED_BYTES // 1_000_000} MB free")
    with tempfile.TemporaryDirectory(prefix="bench-ca-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # dsync reads the CA as the mail's owner
        certificates = make_certificates(folder)
        options = DovecotOptions(certificate=certificates.good, mail_fsync="never", root=RAM_DISK)
        # Not by their own contexts: an interrupted start must end in `close` too.
        with closing(Dovecot(options)) as source, closing(Dovecot(options)) as destination:
            source.start()
            destination.start()
            yield Ground(source, destination, certificates.ca_file)


def count_messages(root: Path) -> Counter[str]:
    """Messages in each folder of a Maildir, by its name on disk."""
    found: Counter[str] = Counter()
    for cur in root.rglob("cur"):
        name = cur.parent.relative_to(root).as_posix()
        found[INBOX if name == "." else name] = sum(1 for place in (cur, cur.with_name("new")) for _ in place.iterdir())
    return found
