"""The octets of a connection, compressed in both directions (RFC 4978): raw deflate (RFC 1951), without a header.

A peer may send what inflates to a thousand times its size. No more of it is inflated at a time than is asked for, and
what is inflated is bounded as what is received is, so that it costs no more than if it had come as it is.
"""

from __future__ import annotations

import base64
import random
import time
import zlib
from functools import cache

_LEVEL = 1
"""Mail is base64 for the most part, of which the higher levels make 2 % less in a third more time."""
_SAMPLE = 1 << 16
_SHARE = 4
"""A line is slow enough where it takes so many times as long as deflating: then that costs a quarter of a processor at
most, on either end, and mail of which nothing can be gained comes no later."""


class Deflate:
    """Both directions of one connection. Holds two windows, 300 KB, and what was received and not inflated yet."""

    def __init__(self, ahead: bytes = b"") -> None:
        """`ahead`: received already."""
        self._deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = ahead

    def deflate(self, octets: bytes | memoryview, *, whole: bool) -> bytes:
        """What is to be sent for these octets. `whole`: with all that was held back, so that the other end sees them
        all."""
        deflated = self._deflater.compress(octets)
        return deflated + self._deflater.flush(zlib.Z_SYNC_FLUSH) if whole else deflated

    def take(self, octets: bytes) -> None:
        """Take on what was received. All that came before must have been inflated."""
        self._waiting += octets

    def inflate(self, most: int) -> bytes:
        """The next octets, at most so many; none: more must be received. Raises ValueError for what is no deflated
        stream, or the end of one."""
        try:
            piece = self._inflater.decompress(self._waiting, most)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        self._waiting = self._inflater.unconsumed_tail
        if not piece and self._inflater.eof:
            raise ValueError("the stream has ended")
        return piece


def pays(line: float, deflating: float) -> bool:
    """True where a line is slow enough for compressing: both in octets a second."""
    return line * _SHARE <= deflating


@cache
def speed() -> float:
    """Octets a second that this machine deflates, of mail that hardly gets smaller. Takes two milliseconds, once."""
    sample = base64.encodebytes(random.Random(1951).randbytes(_SAMPLE * 3 // 4))
    deflate = Deflate()
    began = time.thread_time()  # what else the processor does does not count
    deflate.deflate(sample, whole=True)
    return len(sample) / max(time.thread_time() - began, 1e-6)
