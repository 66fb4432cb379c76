"""What a message is recognised by, wherever it lies."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, unsafe_hash=True)  # one for every message: to make a frozen one costs five times as much
class Signs:
    """What a message is recognised by where a server has rewritten it. Each is 8 bytes, or empty: it has none."""

    identity: bytes = b""
    """Of its Message-ID."""
    topic: bytes = b""
    """Of its date and subject, decoded."""
    trace: bytes = b""
    """Of its Received lines: copies of one message that came on two ways differ in these alone."""
    text: bytes = b""
    """Of what stands behind the header, blind to blanks and line ends."""


@dataclass(slots=True, unsafe_hash=True)  # as `Signs`
class Fingerprint:
    """What a message is recognised by, whoever stored it: taken while it streams through, kept in the journal."""

    length: int
    """Octets of the literal."""
    instant: int
    """INTERNALDATE as epoch seconds; 0 when the source has none."""
    header: bytes
    """16 bytes: BLAKE2b of the normalised header."""
    body: bytes
    """16 bytes: the first of SHA-256 of all octets, for which processors have instructions of their own."""
    signs: Signs | None = field(default=None, compare=False)
    """None: not taken, or not needed any more."""
    first_body: bytes = field(default=b"", compare=False)
    """What journals of 0.1 know the body by (BLAKE2b); empty: not taken."""
