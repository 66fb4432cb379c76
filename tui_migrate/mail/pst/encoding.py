"""How data blocks are made unreadable to the eye ([MS-PST] section 5). To undo it nothing is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

Decode = Callable[[bytes, int], bytes]
"""Of the stored octets of a data block, and its BID."""

_R = bytes.fromhex("""
    41361362a8216ebb f416cc047f64e85d 1ef2cb2a74c55e35 d295479e962d9a88
    4c7d843fdbac31b6 485ff6c4d8398be7 233b388ec8c1df25 b120a546604e9cfb
    aad35651457c5500 07c92b9d859b09a0 8fadb30f63ab894b d7a7155a716642bf
    264a6b98faea7753 b270052cfd593a86 7ece06eb827857c7 8d43afb41cd45bcd
    e2e9274fc3087280 cfb0eff5286dbe30 4d3492d50e3c2232 e5e4f99fc2d10a81
    12e1ee918376e397 e6618a1779a4b7dc 907a5c8c02a6ca69 de501a1193b95287
    58fced1d37491b6a e0293399bd6cd994 f340546ff0c673b8 d63e6518441fdd67
    10f10c19ecae03a1 147ba90bfff8a3c0 a201f72ebc246875 0dfeba2fb5d0da3d
""")
"""The substitution `mpbbR` of section 5.1."""
_S = bytes.fromhex("""
    14530f56b3c87a9c eb65481716159f02 cc547c83000d0c0b a262a876dbd9edc7
    c5a4dcac8574d6d0 a79bae9a967166c3 6399b8dd73928e84 7da55ed15d93b157
    5150808952944f4e 0a6bbc8d7f6e4746 4140440111cb033f f7f4e1a98f3c3af9
    fbf0193082092ec9 9da08649ee6f4d6d c42d813425871b88 aafc06a11238fd4c
    4272641337246a75 7743ffe6b44b365c e4d8353d45b92cec b7312b290768a30e
    697b189e2139be28 1a5b78f523ca2ab0 af3efe048ce7e598 3295d3f64ae8a6ea
    e9f3d52f7020f21f 0567ad5510cecde3 273bdabad7c226d4 911dd21c2233f8fa
    f15aefcf90b68bb5 bdc0bf08971e6ce2 61e0c6c159abbb58 de5fdf60797eb28a
""")
"""The substitution `mpbbS`, which is its own inverse."""
_I = bytes(_R.index(value) for value in range(256))
"""The inverse of `_R`."""


def permuted(data: bytes, bid: int) -> bytes:
    """What a block of NDB_CRYPT_PERMUTE (section 5.1) held."""
    return data.translate(_I)


def cycled(data: bytes, bid: int) -> bytes:
    """What a block of NDB_CRYPT_CYCLIC (section 5.2) held, and the other way round.

    The key is a number of 16 bits that grows by one with each octet. Its low half is added to all octets at once; its
    upper half stays for 256 of them, which one table translates: octet by octet would take a hundred times as long."""
    key = (bid ^ bid >> 16) & 0xFFFF
    length = len(data)
    low = bytes((key + step) & 0xFF for step in range(256))
    data = _add(data, low * (length // 256 + 1))
    pieces = []
    start = 0
    while start < length:
        end = min(length, start + 256 - (key + start) % 256)
        pieces.append(data[start:end].translate(_table((key + start) >> 8 & 0xFF)))
        start = end
    return _add(b"".join(pieces), bytes(-value & 0xFF for value in low) * (length // 256 + 1))


ENCODINGS: dict[int, Decode | None] = {0: None, 1: permuted, 2: cycled}
"""By their number in the header."""


@lru_cache(maxsize=256)
def _table(high: int) -> bytes:
    """The substitution of an octet, for the upper half of the key."""
    return bytes(_I[(_S[(_R[value] + high) & 0xFF] - high) & 0xFF] for value in range(256))


def _add(one: bytes, other: bytes) -> bytes:
    """Sums of octets at the same place, each modulo 256. As one large number: the upper bit of each octet stands aside,
    so that nothing is carried over."""
    length = len(one)
    a, b = int.from_bytes(one, "little"), int.from_bytes(other[:length], "little")
    low, high = int.from_bytes(b"\x7f" * length, "little"), int.from_bytes(b"\x80" * length, "little")
    return (((a & low) + (b & low)) ^ ((a ^ b) & high)).to_bytes(length, "little")
