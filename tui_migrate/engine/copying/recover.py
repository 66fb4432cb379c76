"""Finding out what is there: after a crash, at a first meeting, after a UIDVALIDITY change. Reads only.

Everything here compares multisets of fingerprints; every message there is claimed once.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from tui_migrate.engine.copying.match import (
    UNKNOWN_BODY,
    Candidate,
    Wanted,
    in_prints_of_today,
    match,
    needs_bodies,
    with_bodies,
)
from tui_migrate.engine.copying.rewritten import WITHOUT_TEXT, match_rewritten, with_texts, worth_reading
from tui_migrate.mail.looking import FolderStatus, Look, Present
from tui_migrate.model import Fingerprint
from tui_migrate.store.journal import Entry, Window
from tui_migrate.timing import Timing


class Interrupted(Exception):
    """We were told to stop while we waited."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Messages of one folder, and a way to look at them."""

    look: Look
    folder: bytes
    messages: Sequence[Present]


def settle(
    look: Look, folders: Sequence[bytes], alive_at: float, sleep: Callable[[float], bool], timing: Timing
) -> dict[bytes, FolderStatus]:
    """Wait until nothing arrives in these folders any more; returns their numbers.

    `alive_at`: nothing was sent since then (monotonic: where a clock was set, mail on its way would count as sent long
    ago). `sleep` returns True to stop: raises Interrupted.
    """
    numbers = look.numbers(folders)
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < timing.settle and time.monotonic() - alive_at < timing.long_ago:
        if sleep(timing.settle / 8):
            raise Interrupted
        now = look.numbers(folders)
        if now != numbers:
            numbers, quiet_since = now, time.monotonic()
    return numbers


def reconcile(look: Look, folder: bytes, windows: Sequence[Window], uidnext: int) -> dict[int, list[Entry]]:
    """The messages that have arrived of each open window, and UIDs learned for those whose server did not tell them.

    Returns entries by window id: for an open window those that arrived (perhaps none), for a done one all of it.
    `uidnext` is the folder's; 0 or 1: not known.
    """
    unknown = [w for w in windows if not w.done or any(e.destination_uid is None for e in w.entries)]
    if not unknown:
        return {}
    unknown.sort(key=lambda window: not window.done)  # of twins, those that have surely arrived claim first
    low = min(window.low_uid for window in unknown)
    candidates: list[Candidate] = []
    if uidnext <= 1 or uidnext > low:
        claimed = {e.destination_uid for w in windows for e in w.entries if w.done and e.destination_uid is not None}
        candidates = _candidates(look, folder, [p for p in look.listing(folder, low) if p.uid not in claimed])
    entries = [(w, e) for w in unknown for e in w.entries if not w.done or e.destination_uid is None]
    known = {e.uid for w in windows if w.done for e in w.entries}
    entries.sort(key=lambda each: not each[0].done and each[1].uid in known)  # sent again: whatever is there more
    found = _match(look, folder, [(e.fingerprint, e.flags) for _, e in entries], candidates)
    missing = [
        (Wanted(number, entry.fingerprint, entry.flags), window.done, entry.uid in known)
        for number, (window, entry) in enumerate(entries)
        if number not in found
    ]
    left = [each for each in candidates if each.uid not in found.values()]
    if missing and left:
        found |= _match_rewritten(look, folder, missing, left)
    result = {w.id: [e for e in w.entries if w.done and e.destination_uid is not None] for w in unknown}
    for number, (window, entry) in enumerate(entries):
        if window.done or number in found:
            result[window.id].append(replace(entry, destination_uid=found.get(number)))
    return {key: sorted(arrived, key=lambda entry: entry.uid) for key, arrived in result.items()}


def unplaced(window: Window) -> Window:
    """The window after the destination's UIDVALIDITY changed: where its messages lie is to be found out anew."""
    return replace(window, low_uid=1, entries=tuple(replace(e, destination_uid=None) for e in window.entries))


def adopt(source: Shelf, destination: Shelf, rivals: Sequence[Entry] = ()) -> list[Entry]:
    """Those of these messages at the source that are among these at the destination, whoever brought them.

    `rivals` are messages from elsewhere that may be there too: they claim first, so that nothing of ours is lost.
    """
    ours, theirs = _alike(source.messages, destination.messages), _alike(destination.messages, source.messages)
    if not ours or not theirs:
        return []
    candidates = _candidates(destination.look, destination.folder, theirs)
    headers = Counter(c.header for c in candidates)
    own_headers = source.look.headers(source.folder, [p.uid for p in ours])
    ours = [p for p in ours if own_headers.get(p.uid) in headers]
    shared = {rival.fingerprint.header for rival in rivals} | {header for header in headers if headers[header] > 1}
    prints = _with_twins_told_apart(source.look, source.folder, ours, own_headers, shared)
    messages = [
        *((rival.fingerprint, rival.flags) for rival in rivals),
        *zip(prints, (p.flags for p in ours), strict=True),
    ]
    found = _match(destination.look, destination.folder, messages, candidates)
    return [
        Entry(p.uid, f, p.flags, found[number])
        for number, (p, f) in enumerate(zip(ours, prints, strict=True), len(rivals))
        if number in found
    ]


def rematch_source(look: Look, folder: bytes, entries: Sequence[Entry]) -> dict[int, Entry]:
    """The journal's messages under the UIDs that they have after the source's UIDVALIDITY changed, with the flags that
    were carried over, by their places in `entries`; vanished ones are left out."""
    candidates = _candidates(look, folder, look.listing(folder))
    found = _match(look, folder, [(e.fingerprint, e.flags) for e in entries], candidates)
    return {number: replace(entries[number], uid=uid) for number, uid in found.items()}


def _match(
    look: Look, folder: bytes, messages: Sequence[tuple[Fingerprint, frozenset[str]]], candidates: list[Candidate]
) -> dict[int, int]:
    """Position in `messages` to UID; bodies are read where nothing else tells two messages apart."""
    wanted = in_prints_of_today([Wanted(number, *each) for number, each in enumerate(messages)], candidates)
    if unsure := needs_bodies(wanted, candidates):
        candidates = with_bodies(candidates, look.bodies(folder, unsure))
    return match(wanted, candidates)


def _match_rewritten(
    look: Look, folder: bytes, missing: Sequence[tuple[Wanted, bool, bool]], left: Sequence[Candidate]
) -> dict[int, int]:
    """The same for what the destination has rewritten. With each message: is it known to be there somewhere, and is it
    known to have arrived, if not in this place? The texts of the others are read."""
    found = match_rewritten([wanted for wanted, done, _ in missing if done], left, WITHOUT_TEXT, whichever=True)
    missing = [each for each in missing if each[0].key not in found]
    left = [each for each in left if each.uid not in found.values()]
    if unread := worth_reading([wanted for wanted, _, _ in missing], left):
        left = with_texts(left, look.texts(folder, unread))
    there = [wanted for wanted, done, _ in missing if done]
    in_doubt = [wanted for wanted, done, known in missing if not done and not known]
    again = [wanted for wanted, done, known in missing if not done and known]
    for some, whichever in ((there, True), (in_doubt, False), (again, True)):
        found |= match_rewritten(some, left, whichever=whichever)
        left = [each for each in left if each.uid not in found.values()]
    return found


def _candidates(look: Look, folder: bytes, present: Sequence[Present]) -> list[Candidate]:
    heads = look.heads(folder, [p.uid for p in present]) if present else {}
    return [
        Candidate(p.uid, p.size, p.instant or 0, head.print, None, p.flags, head.first_print, head.signs)
        for p in present
        if (head := heads.get(p.uid))
    ]


def _alike(mine: Sequence[Present], others: Sequence[Present]) -> list[Present]:
    """Those that agree with one of `others` in size or date: only their headers are worth reading."""
    sizes = {p.size for p in others}
    instants = {p.instant for p in others}
    return [p for p in mine if p.size in sizes or p.instant in instants]


def _with_twins_told_apart(
    look: Look, folder: bytes, present: Sequence[Present], headers: dict[int, bytes], shared: Set[bytes]
) -> list[Fingerprint]:
    """Fingerprints from listing and header; where several share a header, or it is one of those that are `shared` by
    others, their bodies are read too."""
    count = Counter([*(headers[p.uid] for p in present), *shared])
    twins = [p.uid for p in present if count[headers[p.uid]] > 1]
    bodies: dict[int, bytes] = defaultdict(lambda: UNKNOWN_BODY)
    if twins:
        bodies.update(look.bodies(folder, twins))
    return [Fingerprint(p.size, p.instant or 0, headers[p.uid], bodies[p.uid]) for p in present]
