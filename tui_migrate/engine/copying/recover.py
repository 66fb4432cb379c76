"""Finding out what is there: after a crash, at a first meeting, after a UIDVALIDITY change. Reads only.

Everything here compares multisets of fingerprints; every message there is claimed once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from tui_migrate.engine.copying.match import (
    UNKNOWN_BODY,
    Candidate,
    SoughtMessage,
    in_bodies_of_today,
    in_prints_of_today,
    match,
    needs_bodies,
    with_bodies,
)
from tui_migrate.engine.copying.rewritten import (
    SAME_TEXT,
    WITHOUT_TEXT,
    akin,
    match_rewritten,
    with_texts,
    worth_reading,
)
from tui_migrate.mail.looking import FolderStatus, Look, Present
from tui_migrate.mail.message import Head
from tui_migrate.model import Fingerprint, Signs
from tui_migrate.model.journal import NOBODY, Claims, Entry, Window
from tui_migrate.timing import Timing

Sent = tuple[Fingerprint, frozenset[str], int]
"""A message, and the UID below which it cannot lie."""


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


def reconcile(
    look: Look, folder: bytes, windows: Sequence[Window], uidnext: int, others: Claims = NOBODY
) -> dict[int, list[Entry]]:
    """The messages that have arrived of each open window, and UIDs learned for those whose server did not tell them.

    Returns entries by window id: for an open window those that arrived (perhaps none), for a done one all of it.
    `uidnext` is the folder's; 0 or 1: not known. `others` fill the same folder.
    """
    unknown = [w for w in windows if not w.done or any(e.destination_uid is None for e in w.entries)]
    if not unknown:
        return {}
    unknown.sort(key=lambda window: not window.done)  # of twins, those that have surely arrived claim first
    low = min(window.low_uid for window in unknown)
    candidates: list[Candidate] = []
    if uidnext <= 1 or uidnext > low:
        claimed = {e.destination_uid for w in windows for e in w.entries if w.done and e.destination_uid is not None}
        claimed |= others.uids
        lowest = min((low, *(window.low_uid for window in others.waiting)))
        candidates = _candidates(look, folder, [p for p in look.listing(folder, lowest) if p.uid not in claimed])
        taken = _taken(look, folder, _sent(others.waiting), candidates)
        candidates = [c for c in _less(candidates, taken) if c.uid >= low]
    entries = [(w, e) for w in unknown for e in w.entries if not w.done or e.destination_uid is None]
    known = {e.uid for w in windows if w.done for e in w.entries}
    entries.sort(key=lambda each: not each[0].done and each[1].uid in known)  # sent again: whatever is there more
    found = _match(look, folder, _messages([e for _, e in entries]), candidates)
    missing = [
        (SoughtMessage(number, entry.fingerprint, entry.flags), window.done, entry.uid in known)
        for number, (window, entry) in enumerate(entries)
        if number not in found
    ]
    if missing and (left := _less(candidates, found)):
        found |= _match_rewritten(look, folder, missing, left)
    result = {w.id: [e for e in w.entries if w.done and e.destination_uid is not None] for w in unknown}
    for number, (window, entry) in enumerate(entries):
        if window.done or number in found:
            result[window.id].append(replace(entry, destination_uid=found.get(number)))
    return {key: sorted(arrived, key=lambda entry: entry.uid) for key, arrived in result.items()}


def with_signs(
    look: Look, folder: bytes, windows: Sequence[Window], found: Mapping[int, Sequence[Entry]], *, renumbered: bool
) -> list[Window]:
    """The windows with the signs of those messages that were not found, from the source: the journal keeps none of what
    has arrived for certain. Headers are read, and whole only what they say nothing of. `renumbered`: the source's UIDs
    are others than the windows'."""
    lost = [entry for entries in found.values() for entry in entries if entry.destination_uid is None]
    today = dict(enumerate(lost))
    if renumbered:
        today = rematch_source(look, folder, lost)
    uids = {lost[place].uid: entry.uid for place, entry in today.items()}
    heads = look.heads(folder, sorted({*uids.values()}))
    bare = [uid for uid, head in heads.items() if not (head.signs.identity or head.signs.topic)]
    whole = look.fingerprints(folder, bare)
    signs = {uid: whole[now].signs if now in whole else heads[now].signs for uid, now in uids.items() if now in heads}
    return [replace(window, entries=tuple(_with_signs(entry, signs) for entry in window.entries)) for window in windows]


def _with_signs(entry: Entry, signs: Mapping[int, Signs | None]) -> Entry:
    known = entry.fingerprint.signs or signs.get(entry.uid)
    return replace(entry, fingerprint=replace(entry.fingerprint, signs=known))


def unplaced(window: Window) -> Window:
    """The window after the destination's UIDVALIDITY changed: where its messages lie is to be found out anew."""
    return replace(window, low_uid=1, entries=tuple(replace(e, destination_uid=None) for e in window.entries))


def adopt(
    source: Shelf, destination: Shelf, others: Sequence[Window] = (), *, rewriting: bool = False
) -> tuple[list[Entry], bool]:
    """Those of these messages at the source that are among these at the destination, whoever brought them; and False
    where some could not be compared, because a server has not given their headers.

    `others` are of messages from elsewhere that may be there too: they claim first, so that nothing of ours is lost.
    `rewriting`: the destination is known to rewrite mail.
    """
    messages = _with_sizes(source)
    ours, theirs = _alike(messages, destination.messages), _alike(destination.messages, messages)
    if not ours or not theirs:
        return [], True
    candidates = _candidates(destination.look, destination.folder, theirs)
    headers = Counter(c.head.print for c in candidates)
    heads = source.look.heads(source.folder, [p.uid for p in ours])
    whole = len(heads) == len(ours) and len(candidates) == len(theirs)
    equal = [p for p in ours if p.uid in heads and heads[p.uid].print in headers]
    rivals = _sent(others)
    shared = {print_.header for print_, _, _ in rivals} | {header for header in headers if headers[header] > 1}
    prints = _with_twins_told_apart(source, equal, heads, shared)
    mine = [Entry(p.uid, f, p.flags) for p, f in zip(equal, prints, strict=True)]
    found = _match(destination.look, destination.folder, [*rivals, *_messages(mine)], candidates)
    adopted = [replace(e, destination_uid=found[n]) for n, e in enumerate(mine, len(rivals)) if n in found]
    adopted = _with_their_texts(source, destination, adopted, {p.uid for p in equal if not heads[p.uid].signs.identity})
    if not rewriting:  # one that differs in a field alone is another message
        return adopted, whole
    known = {entry.uid for entry in adopted}
    lacking = [p for p in ours if p.uid in heads and p.uid not in known]
    rivals = [rival for number, rival in enumerate(rivals) if number not in found]
    left = Shelf(destination.look, destination.folder, theirs), _less(candidates, found)
    ours_rewritten = Shelf(source.look, source.folder, lacking)
    return adopted + _adopt_rewritten(ours_rewritten, heads, *left, rivals), whole


def _with_their_texts(source: Shelf, destination: Shelf, adopted: list[Entry], nameless: Set[int]) -> list[Entry]:
    """All but those without a Message-ID whose texts are not the same: programs write one header twice in a second,
    above another text that is as long. What is gone, or not given, meanwhile says nothing."""
    unread = {
        entry.uid: entry.destination_uid or 0
        for entry in adopted
        if entry.uid in nameless and entry.fingerprint.body == UNKNOWN_BODY
    }
    if not unread:
        return adopted
    ours = source.look.fingerprints(source.folder, sorted(unread))
    theirs = destination.look.fingerprints(destination.folder, sorted(unread.values()))
    both = {
        uid: (ours[uid].signs, theirs[there].signs) for uid, there in unread.items() if uid in ours and there in theirs
    }
    others = {uid for uid, (one, other) in both.items() if one and other and one.text != other.text}
    return [entry for entry in adopted if entry.uid not in others]


def _adopt_rewritten(
    source: Shelf,
    heads: Mapping[int, Head],
    destination: Shelf,
    candidates: Sequence[Candidate],
    rivals: Sequence[Sent],
) -> list[Entry]:
    """What `adopt` gives, where the destination has rewritten mail. What may be one and the same is read whole, at both
    ends."""
    ours = {p.uid: heads[p.uid].signs for p in source.messages}
    there = akin({c.uid: c.head.signs for c in candidates}, ours.values())
    if not there:
        return []
    candidates = with_texts(
        [c for c in candidates if c.uid in there], destination.look.fingerprints(destination.folder, sorted(there))
    )
    prints = source.look.fingerprints(source.folder, sorted(akin(ours, (c.head.signs for c in candidates))))
    mine = [
        Entry(p.uid, replace(prints[p.uid], instant=p.instant or 0), p.flags)
        for p in source.messages
        if p.uid in prints
    ]
    wanted = [SoughtMessage(number, *each) for number, each in enumerate([*rivals, *_messages(mine)])]
    found = match_rewritten(wanted, candidates, SAME_TEXT)
    return [replace(e, destination_uid=found[n]) for n, e in enumerate(mine, len(rivals)) if n in found]


def rematch_source(look: Look, folder: bytes, entries: Sequence[Entry]) -> dict[int, Entry]:
    """The journal's messages under the UIDs that they have after the source's UIDVALIDITY changed, with the flags that
    were carried over, by their places in `entries`; vanished ones are left out."""
    candidates = _candidates(look, folder, look.listing(folder))
    found = _match(look, folder, _messages(entries), candidates)
    return {number: replace(entries[number], uid=uid) for number, uid in found.items()}


def _taken(look: Look, folder: bytes, rivals: Sequence[Sent], candidates: list[Candidate]) -> dict[int, int]:
    """What these take of what is there, as it was sent or rewritten."""
    found = _match(look, folder, rivals, candidates)
    missing = [(SoughtMessage(n, *rival), False, False) for n, rival in enumerate(rivals) if n not in found]
    return found | (_match_rewritten(look, folder, missing, _less(candidates, found)) if missing else {})


def _match(look: Look, folder: bytes, messages: Sequence[Sent], candidates: list[Candidate]) -> dict[int, int]:
    """Position in `messages` to UID; bodies are read where nothing else tells two messages apart."""
    wanted = in_prints_of_today([SoughtMessage(number, *each) for number, each in enumerate(messages)], candidates)
    if unsure := needs_bodies(wanted, candidates):
        read = look.fingerprints(folder, unsure)
        wanted, candidates = in_bodies_of_today(wanted, read.values()), with_bodies(candidates, read)
    return match(wanted, candidates)


def _match_rewritten(
    look: Look, folder: bytes, missing: Sequence[tuple[SoughtMessage, bool, bool]], left: Sequence[Candidate]
) -> dict[int, int]:
    """What `_match` gives, where the destination has rewritten mail. With each message: is it known to be there
    somewhere, and is it known to have arrived, if not in this place? The texts of the others are read."""
    found = match_rewritten([wanted for wanted, done, _ in missing if done], left, WITHOUT_TEXT, whichever=True)
    missing = [each for each in missing if each[0].key not in found]
    left = _less(left, found)
    if unread := worth_reading([wanted for wanted, _, _ in missing], left):
        left = with_texts(left, look.fingerprints(folder, unread))
    there = [wanted for wanted, done, _ in missing if done]
    in_doubt = [wanted for wanted, done, known in missing if not done and not known]
    again = [wanted for wanted, done, known in missing if not done and known]
    for some, whichever in ((there, True), (in_doubt, False), (again, True)):
        found |= match_rewritten(some, left, whichever=whichever)
        left = _less(left, found)
    return found


def _candidates(look: Look, folder: bytes, present: Sequence[Present]) -> list[Candidate]:
    heads = look.heads(folder, [p.uid for p in present]) if present else {}
    return [Candidate(p.uid, p.size, p.instant or 0, p.flags, head) for p in present if (head := heads.get(p.uid))]


def _with_sizes(shelf: Shelf) -> Sequence[Present]:
    """The messages. Those of which neither size nor date is told are read, as nothing else says what may be equal."""
    untold = [p.uid for p in shelf.messages if not p.size and not p.instant]
    read = shelf.look.fingerprints(shelf.folder, untold) if untold else {}
    return [replace(p, size=read[p.uid].length) if p.uid in read else p for p in shelf.messages]


def _alike(mine: Sequence[Present], others: Sequence[Present]) -> list[Present]:
    """Those that agree with one of `others` in size or date: only their headers are worth reading."""
    sizes = {p.size for p in others}
    instants = {p.instant for p in others}
    return [p for p in mine if p.size in sizes or p.instant in instants]


def _with_twins_told_apart(
    shelf: Shelf, present: Sequence[Present], heads: Mapping[int, Head], shared: Set[bytes]
) -> list[Fingerprint]:
    """Fingerprints from listing and header; where several share a header, or it is one of those that are `shared` by
    others, their bodies are read too."""
    count = Counter([*(heads[p.uid].print for p in present), *shared])
    twins = [p.uid for p in present if count[heads[p.uid].print] > 1]
    read = shelf.look.fingerprints(shelf.folder, twins) if twins else {}
    return [
        Fingerprint(p.size, p.instant or 0, heads[p.uid].print, read[p.uid].body if p.uid in read else UNKNOWN_BODY)
        for p in present
    ]


def _messages(entries: Sequence[Entry]) -> list[Sent]:
    return [(entry.fingerprint, entry.flags, 0) for entry in entries]


def _sent(windows: Sequence[Window]) -> list[Sent]:
    return [(entry.fingerprint, entry.flags, window.low_uid) for window in windows for entry in window.entries]


def _less(candidates: Sequence[Candidate], found: Mapping[int, int]) -> list[Candidate]:
    """The messages that nobody has claimed yet."""
    claimed = set(found.values())
    return [each for each in candidates if each.uid not in claimed]
