"""Finding out what is there: after a crash, at a first meeting, after a UIDVALIDITY change. Reads only.

Everything here compares multisets of fingerprints; every message there is claimed once.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from tui_migrate.engine.match import UNKNOWN_BODY, Candidate, Wanted, match, needs_bodies, with_bodies
from tui_migrate.mail.protocols import FolderStatus, Look, Present
from tui_migrate.model import Fingerprint
from tui_migrate.store.journal import Entry, Window

SETTLE_SECONDS = 2.0
"""The destination must have been quiet for so long before it is believed: a server goes on with the complete commands
in
its buffers after their sender has died, and what it stores then must not be missed."""
LONG_AGO_SECONDS = 60.0
ENOUGH = 0.95
"""Share of known messages that must be found again in a folder whose UIDVALIDITY changed."""


class Interrupted(Exception):
    """We were told to stop while we waited."""


def settle(
    look: Look, folders: Sequence[bytes], alive_at: float, sleep: Callable[[float], bool]
) -> dict[bytes, FolderStatus]:
    """Wait until nothing arrives in these folders any more; returns their numbers.

    `alive_at`: when the sender was last heard of, epoch seconds. `sleep` returns True to stop:
    raises Interrupted."""
    numbers = look.numbers(folders)
    if time.time() - alive_at > LONG_AGO_SECONDS:
        return numbers
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < SETTLE_SECONDS:
        if sleep(SETTLE_SECONDS / 8):
            raise Interrupted
        now = look.numbers(folders)
        if now != numbers:
            numbers, quiet_since = now, time.monotonic()
    return numbers


def reconcile(look: Look, folder: bytes, windows: Sequence[Window], uidnext: int) -> dict[int, list[Entry]]:
    """The messages that have arrived of each open window, and UIDs learned for those whose server did not tell them.

    Returns entries by window id: for an open window those that arrived (perhaps none),
    for a done one all of it."""
    unknown = [w for w in windows if not w.done or any(e.destination_uid is None for e in w.entries)]
    if not unknown:
        return {}
    low = min(window.low_uid for window in unknown)
    candidates: list[Candidate] = []
    if not uidnext or uidnext > low:
        claimed = {e.destination_uid for w in windows for e in w.entries if w.done and e.destination_uid is not None}
        candidates = _candidates(look, folder, [p for p in look.listing(folder, low) if p.uid not in claimed])
    result: dict[int, list[Entry]] = {}
    for done in (True, False):  # those that have surely arrived claim first
        mine = [w for w in unknown if w.done is done]
        entries = [(w.id, e) for w in mine for e in w.entries if not done or e.destination_uid is None]
        found = _match(look, folder, [e.fingerprint for _, e in entries], candidates)
        claimed_now = set(found.values())
        candidates = [c for c in candidates if c.uid not in claimed_now]
        for window in mine:
            result[window.id] = [e for e in window.entries if e.destination_uid is not None] if done else []
        for number, (window_id, entry) in enumerate(entries):
            if done or number in found:
                result[window_id].append(replace(entry, destination_uid=found.get(number)))
    return {key: sorted(entries, key=lambda entry: entry.uid) for key, entries in result.items()}


def adopt(source: Look, source_folder: bytes, destination: Look, destination_folder: bytes) -> list[Entry]:
    """Messages of the source folder that lie in the destination folder already, whoever brought them."""
    ours, theirs = source.listing(source_folder), destination.listing(destination_folder)
    ours, theirs = _alike(ours, theirs), _alike(theirs, ours)
    if not ours or not theirs:
        return []
    candidates = _candidates(destination, destination_folder, theirs)
    headers = {c.header for c in candidates}
    own_headers = source.headers(source_folder, [p.uid for p in ours])
    ours = [p for p in ours if own_headers.get(p.uid) in headers]
    prints = _with_twins_told_apart(source, source_folder, ours, own_headers)
    found = _match(destination, destination_folder, prints, candidates)
    return [
        Entry(p.uid, f, p.flags, found[number])
        for number, (p, f) in enumerate(zip(ours, prints, strict=True))
        if number in found
    ]


def rematch_source(look: Look, folder: bytes, entries: Sequence[Entry]) -> list[Entry]:
    """The journal's messages under the UIDs that they have after the source's UIDVALIDITY changed;
    vanished ones are left out."""
    present = look.listing(folder)
    headers = look.headers(folder, [p.uid for p in present])
    candidates = [Candidate(p.uid, p.size, p.instant, headers[p.uid]) for p in present if p.uid in headers]
    flags = {p.uid: p.flags for p in present}
    found = _match(look, folder, [e.fingerprint for e in entries], candidates)
    again = [replace(entries[number], uid=uid, flags=flags[uid]) for number, uid in found.items()]
    return sorted(again, key=lambda entry: entry.uid)


def rematch_destination(look: Look, folder: bytes, entries: Sequence[Entry]) -> list[Entry] | None:
    """The journal's messages with the UIDs that they have after the destination's UIDVALIDITY changed.

    None when too few are found: then the folder is another one,
    and only the admin can say what that means."""
    candidates = _candidates(look, folder, look.listing(folder))
    found = _match(look, folder, [e.fingerprint for e in entries], candidates)
    if len(found) < ENOUGH * len(entries):
        return None
    return [replace(entry, destination_uid=found.get(number)) for number, entry in enumerate(entries)]


def _match(look: Look, folder: bytes, prints: Sequence[Fingerprint], candidates: list[Candidate]) -> dict[int, int]:
    """Position in `prints` to UID; bodies are read where nothing else tells two messages apart."""
    wanted = [Wanted(number, each) for number, each in enumerate(prints)]
    if unsure := needs_bodies(wanted, candidates):
        candidates = with_bodies(candidates, look.bodies(folder, unsure))
    return match(wanted, candidates)


def _candidates(look: Look, folder: bytes, present: Sequence[Present]) -> list[Candidate]:
    headers = look.headers(folder, [p.uid for p in present]) if present else {}
    return [Candidate(p.uid, p.size, p.instant, headers[p.uid]) for p in present if p.uid in headers]


def _alike(mine: Sequence[Present], others: Sequence[Present]) -> list[Present]:
    """Those that agree with one of `others` in size or date: only their headers are worth reading."""
    sizes = {p.size for p in others}
    instants = {p.instant for p in others}
    return [p for p in mine if p.size in sizes or p.instant in instants]


def _with_twins_told_apart(
    look: Look, folder: bytes, present: Sequence[Present], headers: dict[int, bytes]
) -> list[Fingerprint]:
    """Fingerprints from listing and header; where several share a header, their bodies are read too."""
    count = Counter(headers[p.uid] for p in present)
    twins = [p.uid for p in present if count[headers[p.uid]] > 1]
    bodies: dict[int, bytes] = defaultdict(lambda: UNKNOWN_BODY)
    if twins:
        bodies.update(look.bodies(folder, twins))
    return [Fingerprint(p.size, p.instant, headers[p.uid], bodies[p.uid]) for p in present]
