"""The two B-trees of a file ([MS-PST] section 2.2.2.7.7): of nodes by NID, of blocks by BID.

They are looked up by descent. A file of 50 GB has some hundred megabytes of pages: they are never all in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from tui_migrate.mail.pst.cache import Cache
from tui_migrate.mail.pst.damage import Damage
from tui_migrate.mail.pst.disk import Disk
from tui_migrate.mail.pst.form import PageForm

NODES, BLOCKS = 0x81, 0x80
"""Kinds of page."""
_DEEPEST = 10
_MOST_ENTRIES = 40_000
"""Of pages that are kept, in each tree: some ten megabytes."""

Entry = tuple[int, ...]
"""As the form of the page has it; its key first."""


class _Page(NamedTuple):
    level: int
    keys: list[int]
    entries: list[Entry]


class Tree:
    """One of the two."""

    def __init__(self, disk: Disk, form: PageForm, kind: int, root: int) -> None:
        self._disk = disk
        self._form = form
        self._kind = kind
        self._root = root
        self._leaf: Struct = form.node if kind == NODES else form.block
        self._mask = 0xFFFFFFFF if kind == NODES else ~1  # an NID has 32 bits; bit 0 of a BID means nothing
        self._last: _Page | None = None
        """The leaf that was asked last: the blocks of a value follow each other."""
        self._pages: Cache[_Page] = Cache(_MOST_ENTRIES)

    def find(self, key: int) -> Entry | None:
        """The leaf's entry; None when there is none. Raises Damage."""
        key &= self._mask
        page = self._last
        if page is None or not page.keys[0] <= key <= page.keys[-1]:
            page = self._page(self._root, None)
        while True:
            place = bisect_right(page.keys, key) - 1
            if place < 0:
                return None
            if page.level == 0:
                self._last = page
                return page.entries[place] if page.keys[place] == key else None
            page = self._page(page.entries[place][2], page.level - 1)

    def entries(self) -> Iterator[Entry]:
        """All leaves' entries, in the order of their keys. Raises Damage."""
        return self._below(self._root, None, set())

    def _below(self, offset: int, level: int | None, seen: set[int]) -> Iterator[Entry]:
        if offset in seen:
            raise Damage(f"the page at {offset} hangs in its tree twice")
        seen.add(offset)
        page = self._page(offset, level)
        if page.level == 0:
            yield from page.entries
        else:
            for entry in page.entries:
                yield from self._below(entry[2], page.level - 1, seen)

    def _page(self, offset: int, level: int | None) -> _Page:
        page = self._pages.get(offset)
        if page is None:
            page = self._read(offset)
            self._pages.put(offset, page, len(page.keys) + 8)
        if page.level != level and (level is not None or page.level > _DEEPEST):
            raise Damage(f"the page at {offset} is of level {page.level}")
        return page

    def _read(self, offset: int) -> _Page:
        form = self._form
        data = self._disk.read(offset, form.size)
        kind, again, checksum = form.end.unpack_from(data, form.end_at)
        if kind != self._kind or again != kind:
            raise Damage(f"the page at {offset} is of kind {kind}")
        if checksum != crc32(data[: form.end_at], 0xFFFFFFFF) ^ 0xFFFFFFFF:
            raise Damage(f"the page at {offset} has another checksum")
        count, _, octets, level = form.counts.unpack_from(data, form.counts_at)
        entry = form.branch if level else self._leaf
        if octets != entry.size or count * octets > form.counts_at:
            raise Damage(f"the page at {offset} has {count} entries of {octets} octets")
        entries = list(entry.iter_unpack(data[: count * octets]))
        mask = self._mask
        return _Page(level, [each[0] & mask for each in entries], entries)
