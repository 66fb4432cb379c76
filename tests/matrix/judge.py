"""Whether all that differs after a run is what the program has said. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.matrix.compare import Difference, called, compare
from tests.matrix.program import Said
from tests.matrix.reader import Mailbox, Path
from tui_migrate.model import RemarkKind

_RUN, _VERIFY = "run", "verify"


@dataclass
class Verdict:
    """Of one run."""

    unexplained: list[str] = field(default_factory=list)
    by_verify: list[str] = field(default_factory=list)
    """What `run` did not say and `verify` did."""
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What was not kept, and how it was said: how often."""


def judge(source: Mailbox, destination: Mailbox, said: Said) -> Verdict:
    """What differs between the two, and whether it was said."""
    verdict = Verdict()
    renamed = dict(each.what.split(" becomes ", 1) for each in said.remarks if each.kind is RemarkKind.RENAMED)
    names = {path: called(path, renamed, source, destination) for path in source.folders}
    if renamed:
        verdict.told["names", f"remark: {RemarkKind.RENAMED}"] += len(renamed)
    if said.code != (1 if said.failures else 0):
        verdict.unexplained.append(f"exit code {said.code} with {len(said.failures)} failures")
    unread = {each.folder: each.kind for each in said.failures if each.uid is None}
    parents = {name[:depth] for name in names.values() for depth in range(1, len(name))}
    differences = compare(source, destination, names)
    for path, each in differences.items():
        if path in source.folders:
            _Folder("/".join(path), each, said, verdict).judge()
        elif not each.extra and "/".join(path) in unread:  # made, and then its source could not be opened
            verdict.told["folders", f"failure: {unread['/'.join(path)]}"] += 1
        elif each.extra or path not in parents:
            verdict.unexplained.append(
                f"{'/'.join(path)}: a folder of the destination alone, {len(each.extra)} messages"
            )
    for path in sorted(source.subscribed & names.keys() - {p for p, each in differences.items() if each.absent}):
        if names[path] not in destination.subscribed:
            verdict.unexplained.append(f"{'/'.join(path)}: not subscribed")
    verdict.unexplained += _disagreements(differences, said, source)
    return verdict


class _Folder:
    """One source folder in which something differs, and what was said of it."""

    def __init__(self, name: str, found: Difference, said: Said, verdict: Verdict) -> None:
        self._name = name
        self._found = found
        self._said = said
        self._verdict = verdict
        self._rewritten = [each.what for each in said.remarks if each.kind is RemarkKind.REWRITTEN]
        folders: Sequence[dict[str, Any]] = said.verify.get("folders", ())
        self._verify = next((each for each in folders if each["source"] == name), {})

    def judge(self) -> None:
        """Note all that differs, said or not."""
        found = self._found
        self._messages()
        for flag, number in sorted(found.lost.items()):
            what = "flags" if flag.startswith("\\") else "keywords"
            self._say(what, RemarkKind.FLAG, number, [f"{flag} on {number}"], flag)
        if found.gained:
            self._say("flags", RemarkKind.FLAG, 0, [*found.gained])
        if found.dates:
            self._say("dates", RemarkKind.DATE, len(found.dates), found.dates)
        if found.octets:
            self._say("octets", RemarkKind.REWRITTEN, 0, found.octets)

    def _messages(self) -> None:
        missing, extra = self._found.missing, self._found.extra
        failures = [each for each in self._said.failures if each.folder in (self._name, "")]
        alone = [each for each in failures if each.uid is not None]
        whole = [each for each in failures if each.uid is None]
        if whole and (self._found.absent or missing):
            self._verdict.told["folders", f"failure: {whole[0].kind}"] += 1
        elif len(missing) != len(alone):
            self._unsaid(f"{len(missing)} missing, {len(alone)} failures: {[each.octets[:60] for each in missing[:3]]}")
        elif missing:
            self._verdict.told["messages", f"failure: {alone[0].kind}"] += 1
        elif self._found.absent:
            self._unsaid("no such folder")
        if len(extra) > (
            len(missing) if whole else 0
        ):  # what is there in the place of what waits is its rewritten self
            self._unsaid(f"{len(extra)} extra: {[each.octets[:60] for each in extra[:3]]}")

    def _say(self, what: str, kind: RemarkKind, number: int, found: Sequence[object], flag: str = "") -> None:
        """Note how it was said: counted in a remark, once for all mail, or by `verify` alone."""
        counted = sum(
            each.messages
            for each in self._said.remarks
            if each.kind is kind and each.folder == self._name and flag.lower() in ("", each.what.lower())
        )
        if number and counted == number:
            self._verdict.told[what, f"remark: {kind}"] += 1
        elif any(_about(what, words) for words in self._rewritten):
            self._verdict.told[what, f"remark: {RemarkKind.REWRITTEN}"] += 1
        elif any(self._verify.get(column) for column in _COLUMNS[what]):
            self._verdict.told[what, "verify alone"] += 1
            self._verdict.by_verify.append(f"{self._name}: {what}: {str([*found[:2]])[:300]}")
        elif what != "octets" or self._said.deep:  # it does not look at octets else
            self._unsaid(f"{what}: {str([*found[:2]])[:300]}, {counted} said")

    def _unsaid(self, what: str) -> None:
        self._verdict.unexplained.append(f"{self._name}: {what}")


_COLUMNS = {
    "flags": ("flags", "flags_not_kept"),
    "keywords": ("flags", "flags_not_kept"),
    "dates": ("date",),
    "octets": ("size", "header", "bytes", "missing"),
}
"""Where `verify` counts it. A message that is not known again is missing there, and extra."""


def _about(what: str, words: str) -> bool:
    """Whether a remark about rewritten mail speaks of this."""
    if what == "octets":
        return not words.startswith("date") and words != "flags"
    return words.startswith("date" if what == "dates" else "flags")


def _disagreements(differences: Mapping[Path, Difference], said: Said, source: Mailbox) -> Iterator[str]:
    """Where `verify` says another thing than the other reader."""
    word = "verify --deep" if said.deep else "verify"
    told = {each["source"]: each for each in said.verify["folders"] if each["source"]}
    for path in source.folders:
        name, found = "/".join(path), differences.get(path, Difference())
        each = told.get(name)
        if each is None:
            yield f"{word} does not name {name}"
            continue
        if each["error"] or each["not_told"]:
            continue
        unpaired = each["missing"] - len(found.missing)
        facts = {
            "missing and extra": (unpaired, each["extra"] - len(found.extra)),
            "missing": (max(0, unpaired), unpaired),
            "date": (len(found.dates), each["date"]),
        }
        if said.deep:
            changed = sum({*one["differs"]} & {"size", "header", "bytes"} != set() for one in each["messages"])
            facts["octets"] = (len(found.octets), changed + unpaired)
        if said.deep and unpaired == 0:
            changed = sum({*one["differs"]} & {"flags", "flags not kept"} != set() for one in each["messages"])
            facts["flags"] = (found.flags, changed)
        yield from (
            f"{word} of {name}: {what}: {two[1]}, not {two[0]}" for what, two in facts.items() if two[0] != two[1]
        )
