"""Files as Outlook saves messages (MS-OXMSG), made of items in memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tests.support.outlook import MadeAttachment, MadeItem
from tui_migrate.mail.mapi.item import Item, Properties, Value
from tui_migrate.mail.msg.storage import StorageOf, StreamOf, compound_file

MOMENTS = {0x0039, 0x0E06, 0x3007, 0x3008}
KEYWORDS = 0x8000


def save(item: Item, path: Path, encoding: str | None = None) -> Path:
    """Write a message to a file. `encoding`: of its strings, which are 8-bit then."""
    names = StorageOf(
        "__nameid_version1.0",
        [
            stream("__substg1.0_00020102", b""),
            stream("__substg1.0_00030102", struct.pack("<IHH", 0, 2 << 1 | 1, 0)),
            stream("__substg1.0_00040102", struct.pack("<I", 16) + "Keywords".encode("utf-16-le")),
        ],
    )
    root = StorageOf("Root Entry", [names, *message(item, 32, encoding)])
    path.write_bytes(b"".join(compound_file(root)))
    return path


def message(item: Item, header: int, encoding: str | None) -> list[StorageOf | StreamOf]:
    """What is in the storage of a message."""
    more: dict[int, Value] = {KEYWORDS: tuple(item.keywords)} if item.keywords else {}
    counts = struct.pack("<16xII", len(item.recipients), len(item.attachments)).ljust(header, b"\0")
    below = properties({**item.properties, **more}, counts, encoding)
    for number, row in enumerate(item.recipients):
        below.append(StorageOf(f"__recip_version1.0_#{number:08X}", properties(row, bytes(8), encoding)))
    for number, each in enumerate(item.attachments):
        attached = len(each.content) if isinstance(each, MadeAttachment) else 0
        inside = properties(each.properties, bytes(8), encoding, attached)
        if each.embedded is not None:
            inside.append(StorageOf("__substg1.0_3701000D", message(each.embedded, 24, encoding)))
        elif isinstance(each, MadeAttachment):
            inside.append(stream("__substg1.0_37010102", each.content))
        below.append(StorageOf(f"__attach_version1.0_#{number:08X}", inside))
    return below


def properties(
    values: Properties, header: bytes, encoding: str | None, attached: int = 0
) -> list[StorageOf | StreamOf]:
    """The streams of an object's properties. `attached`: octets of what is attached."""
    entries, streams = [header], []
    if attached:
        entries.append(struct.pack("<HHII4x", 0x102, 0x3701, 6, attached))
    for tag, value in values.items():
        kind, raw, inner = _written(tag, value, encoding)
        if len(raw) > 8 or kind in (0x1E, 0x1F, 0x102) or kind & 0x1000:
            streams += [stream(f"__substg1.0_{tag:04X}{kind:04X}", raw)]
            streams += [stream(f"__substg1.0_{tag:04X}{kind:04X}-{at:08X}", each) for at, each in enumerate(inner)]
            raw = struct.pack("<I4x", len(raw) + (2 if kind == 0x1F else 1 if kind == 0x1E else 0))
        entries.append(struct.pack("<HHI8s", kind, tag, 6, raw))
    return [stream("__properties_version1.0", b"".join(entries)), *streams]


def stream(name: str, octets: bytes) -> StreamOf:
    """Of octets in memory, in pieces."""

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(octets), 1000):
            yield octets[start : start + 1000]

    return StreamOf(name, len(octets), pieces)


def storage_attachment(*streams: StreamOf) -> StorageOf:
    """An OLE object, which is a storage."""
    return StorageOf("__substg1.0_3701000D", streams, bytes(range(16)))


def _written(tag: int, value: Value, encoding: str | None) -> tuple[int, bytes, list[bytes]]:
    """Type, octets, and those of several values."""
    if isinstance(value, bool):
        return 0x0B, struct.pack("<?7x", value), []
    if isinstance(value, int):
        return (0x40, struct.pack("<Q", value), []) if tag in MOMENTS else (0x03, struct.pack("<i4x", value), [])
    if isinstance(value, float):
        return 0x05, struct.pack("<d", value), []
    if isinstance(value, str):
        return (0x1E, value.encode(encoding), []) if encoding else (0x1F, value.encode("utf-16-le"), [])
    if isinstance(value, bytes):
        return 0x102, value, []
    texts = [str(each).encode("utf-16-le") + b"\0\0" for each in value]
    return 0x101F, struct.pack(f"<{len(texts)}I", *map(len, texts)), texts


__all__ = ["MadeAttachment", "MadeItem", "save", "storage_attachment", "stream"]
