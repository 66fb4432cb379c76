"""The three forms that files have: where things lie in their pages and blocks ([MS-PST] section 2.2.2). All numbers are
little endian."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct


@dataclass(frozen=True, slots=True)
class PageForm:
    """A page of a B-tree: entries, then numbers about them, then its end."""

    size: int
    counts_at: int
    counts: Struct
    """Number of entries, the most there may be, octets of one, level above the leaves."""
    end_at: int
    """The checksum is of all before it."""
    end: Struct
    """Kind of the page, the same again, checksum."""
    branch: Struct
    """Key, BID and offset of a page further down."""
    node: Struct
    """Of the node tree's leaves: NID, BID of its data, BID of its subnodes, NID of its parent."""
    block: Struct
    """Of the block tree's leaves: BID, offset, length, and in files of 4096 the inflated length."""


@dataclass(frozen=True, slots=True)
class BlockForm:
    """A block: data, padding, its end."""

    align: int
    """A block takes a multiple of these octets."""
    end: Struct
    """Length of the data, checksum, BID; of ANSI files length, BID, checksum."""
    most: int
    """Octets of data, inflated. Rows of a table are laid out by it."""
    bid: str
    """As `struct` has it."""
    padding: int
    """Before the entries of a list of subnodes."""
    leaf: Struct
    """NID, BID of its data, BID of its subnodes."""
    branch: Struct
    """NID, BID of the list that begins with it."""


@dataclass(frozen=True, slots=True)
class Form:
    """How all of a file is laid out."""

    page: PageForm
    block: BlockForm
    index_bits: int
    """Of a HID: which value of a block of a heap."""
    row_number: str
    """In a table's index of rows, as `struct` has it."""
    ansi: bool = False
    deflates: bool = False
    """Blocks may be zlib streams."""


ANSI = Form(
    PageForm(
        512, 496, Struct("<BBBB"), 500, Struct("<BB6xI"), Struct("<III"), Struct("<IIII"), Struct("<IIHH"),
    ),
    BlockForm(64, Struct("<H2xII"), 8192 - 12, "I", 0, Struct("<III"), Struct("<II")),
    index_bits=11,
    row_number="H",
    ansi=True,
)  # fmt: skip
UNICODE = Form(
    PageForm(
        512, 488, Struct("<BBBB"), 496, Struct("<BB2xI8x"), Struct("<QQQ"), Struct("<QQQI4x"), Struct("<QQHH4x"),
    ),
    BlockForm(64, Struct("<H2xIQ"), 8192 - 16, "Q", 4, Struct("<QQQ"), Struct("<QQ")),
    index_bits=11,
    row_number="I",
)  # fmt: skip
LARGE = Form(
    PageForm(
        4096, 4056, Struct("<HHBB"), 4072, Struct("<BB2xI16x"), Struct("<QQQ"), Struct("<QQQI4x"), Struct("<QQHH4x"),
    ),
    BlockForm(512, Struct("<H2xIQ8x"), 65536 - 24, "Q", 4, Struct("<QQQ"), Struct("<QQ")),
    index_bits=14,
    row_number="I",
    deflates=True,
)  # fmt: skip
"""Of Outlook 2013 and later, for offline folders."""

FORMS = {14: ANSI, 15: ANSI, 21: UNICODE, 23: UNICODE, 36: LARGE, 37: LARGE}
"""By the version in the header."""
