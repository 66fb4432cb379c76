"""Whether all that differs after a run is what the program has said. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What was not kept, and how it was said: how often."""


def judge(source: Mailbox, destination: Mailbox, said: Said) -> Verdict:
    """What differs between the two, and whether it was said."""
    verdict = Verdict()
    renamed = dict(each.what.split(" becomes ", 1) for each in said.remarks if each.kind is RemarkKind.RENAMED)
    names = {path: called(path, renamed, source, destination) for path in source.folders}
    if renamed:
        verdict.told["folder names", "remark: folder renamed"] += len(renamed)
    if said.code != (1 if said.failures else 0):
        verdict.unexplained.append(f"exit code {said.code} with {len(said.failures)} failures")
    parents = {name[:depth] for name in names.values() for depth in range(1, len(name))}
    differences = compare(source, destination, names)
    for path, each in differences.items():
        if path in source.folders:
            _judge_folder("/".join(path), each, said, verdict)
        elif each.extra or path not in parents:
            verdict.unexplained.append(
                f"{'/'.join(path)}: a folder of the destination alone, {len(each.extra)} messages"
            )
    for path in sorted(source.subscribed & names.keys() - {p for p, each in differences.items() if each.absent}):
        if names[path] not in destination.subscribed:
            verdict.unexplained.append(f"{'/'.join(path)}: not subscribed")
    for deep, verify in ((True, said.verify), (False, said.shallow)):
        verdict.unexplained += _disagreements(differences, verify, source, deep=deep) if verify else ()
    return verdict


def _judge_folder(name: str, found: Difference, said: Said, verdict: Verdict) -> None:
    failures = [each for each in said.failures if each.folder == name or not each.folder]
    of_messages = sum(each.uid is not None for each in failures)
    whole = len(failures) > of_messages
    if found.absent or found.missing:
        if whole or of_messages == len(found.missing):
            kinds = {each.kind for each in failures if (each.uid is None) == whole}
            verdict.told["a folder" if whole else "a message", f"failure: {', '.join(sorted(kinds))}"] += 1
        else:
            missing = [each.octets[:60] for each in found.missing[:3]]
            verdict.unexplained.append(f"{name}: {len(found.missing)} missing, {of_messages} failures: {missing}")
    elif of_messages:
        verdict.unexplained.append(f"{name}: {of_messages} failures and nothing is missing")
    if found.extra:
        verdict.unexplained.append(
            f"{name}: {len(found.extra)} extra: {[each.octets[:60] for each in found.extra[:3]]}"
        )
    for flag, number in sorted(found.lost.items()):
        counted = sum(
            each.messages
            for each in said.remarks
            if each.kind is RemarkKind.FLAG and each.folder == name and each.what.lower() == flag.lower()
        )
        _say(verdict, "flags" if flag.startswith("\\") else "keywords", counted == number, RemarkKind.FLAG, said, name)
    if found.gained:
        _say(verdict, "flags", False, RemarkKind.FLAG, said, name)
    if found.dates:
        counted = sum(each.messages for each in said.remarks if each.kind is RemarkKind.DATE and each.folder == name)
        _say(verdict, "dates", counted == found.dates, RemarkKind.DATE, said, name)
    if found.octets:
        _say(verdict, "octets", False, RemarkKind.REWRITTEN, said, name)


_REWRITTEN = {"flags": "flags", "keywords": "flags", "dates": "date", "octets": ""}
"""What a remark about rewritten mail says of it."""
_COLUMNS = {"flags": ("flags", "flags_not_kept"), "dates": ("date",), "octets": ("size", "header", "bytes", "missing")}


def _say(verdict: Verdict, what: str, counted: bool, kind: RemarkKind, said: Said, folder: str) -> None:
    """Note how it was said: counted in a remark, once for all mail, or by `verify` alone."""
    rewritten = [each.what for each in said.remarks if each.kind is RemarkKind.REWRITTEN]
    told = next((each for each in said.verify.get("folders", ()) if each["source"] == folder), {})
    if counted:
        verdict.told[what, f"remark: {kind}"] += 1
    elif any(_about(what, words) for words in rewritten):
        verdict.told[what, f"remark: {RemarkKind.REWRITTEN}"] += 1
    elif any(told.get(column) for column in _COLUMNS.get(what, _COLUMNS["flags"])):
        verdict.told[what, "verify alone"] += 1
        verdict.unexplained.append(f"{folder}: {what}: only verify says it")
    else:
        verdict.unexplained.append(f"{folder}: {what}: nobody says it")


def _about(what: str, words: str) -> bool:
    return words.startswith(_REWRITTEN[what]) if _REWRITTEN[what] else words not in ("date", "flags")


def _disagreements(
    differences: Mapping[Path, Difference], verify: Mapping[str, Any], source: Mailbox, *, deep: bool
) -> Iterator[str]:
    """Where `verify` says another thing than the other reader."""
    word = "verify --deep" if deep else "verify"
    told = {each["source"]: each for each in verify["folders"] if each["source"]}
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
            "date": (found.dates, each["date"]),
        }
        if deep:
            changed = sum({*one["differs"]} & {"size", "header", "bytes"} != set() for one in each["messages"])
            facts["octets"] = (len(found.octets), changed + unpaired)
        if unpaired == 0:
            changed = sum({*one["differs"]} & {"flags", "flags not kept"} != set() for one in each["messages"])
            facts["flags"] = (found.flags, changed)
        yield from (
            f"{word} of {name}: {what}: {two[1]}, not {two[0]}" for what, two in facts.items() if two[0] != two[1]
        )
