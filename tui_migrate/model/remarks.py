"""What has arrived, or stayed behind, otherwise than it was, and is no failure: counted and listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class RemarkKind(StrEnum):
    """What kind of thing is not as it was at the source."""

    FLAG = "flag not kept"
    """The destination cannot keep it (PERMANENTFLAGS, RFC 3501 section 7.1)."""
    DATE = "date not kept"
    """The source tells none that can be read, or the destination refuses it: another one was taken."""
    RENAMED = "folder renamed"
    """The destination cannot have the name."""
    OTHERS = "other people's folder"
    """It is not the mailbox's own (RFC 2342), and stays behind."""
    REWRITTEN = "mail rewritten"
    """The destination changes what it is given."""
    WITHOUT = "not all in the file"
    """Something belongs to a message and is not where the message lies."""

    @property
    def stands(self) -> bool:
        """True for what each walk finds anew. Other remarks add up over all passes: what was copied without its flag
        stays without it."""
        return self in (RemarkKind.RENAMED, RemarkKind.OTHERS)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is not as it was of an account, in one way."""

    account: str
    """Its source user."""
    kind: RemarkKind
    folder: str
    """Of the source; empty: it concerns no single one."""
    what: str
    """The flag, the name, the words; empty where the kind says all."""
    messages: int
    """That it concerns."""


_SHOWN = 10


def in_words(remarks: Sequence[Remark]) -> str:
    """Remarks as `flag not kept: $Label1 on 12; folder renamed: a.b becomes a_b`, folders added up; empty for none."""
    said = []
    for kind in RemarkKind:
        by_what: dict[str, int] = {}
        for each in remarks:
            if each.kind is kind:
                by_what[each.what or each.folder] = by_what.get(each.what or each.folder, 0) + each.messages
        most = sorted(by_what.items(), key=lambda one: -one[1])
        shown = ", ".join(f"{what} on {number:,}" if number else what for what, number in most[:_SHOWN])
        if most:
            said.append(f"{kind}: {shown}" + (f" and {len(most) - _SHOWN:,} more" if len(most) > _SHOWN else ""))
    return "; ".join(said)
