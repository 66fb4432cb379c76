"""What `tui-migrate verify` has found, for programs."""

from __future__ import annotations

from collections.abc import Sequence

from tui_migrate.errors import MailError, MigrateError
from tui_migrate.model import Migration
from tui_migrate.service.verifications import (
    AccountReport,
    Aspect,
    ComparedMail,
    Finding,
    FindingKind,
    FolderReport,
    Hidden,
    Sum,
    in_utc,
)

Subjects = dict[tuple[int, str], dict[int, str]]
"""By account and source folder, then by UID."""


def for_programs(
    found: Sequence[tuple[Migration, Sequence[AccountReport]]],
    subjects: Subjects,
    deep: bool,
    *,
    same: bool,
    whole: bool,
) -> dict[str, object]:
    """All that a comparison has found, as values for JSON. `whole`: only flags that cannot be kept, and dates, are not
    the same. A message's subject is there where subjects were asked for."""
    reports = [
        {
            "migration": migration.title,
            "source_user": report.account.source_user,
            "destination_user": report.account.destination_user,
            "same": report.same,
            "whole": report.whole,
            **_error(report.error),
            "excluded_folders": list(report.excluded),
            "notes": list(report.notes),
            "doubts": [_error(each) for each in report.doubts],
            **_numbers(report.sum, deep),
            "folders": [_folder(each, subjects.get((report.account.id, each.source)), deep) for each in report.folders],
        }
        for migration, some in found
        for report in some
    ]
    everything = sum((report.sum for _, some in found for report in some), Sum())
    return {"same": same, "whole": whole, "deep": deep, **_numbers(everything, deep), "accounts": reports}


def _folder(folder: FolderReport, subjects: dict[int, str] | None, deep: bool) -> dict[str, object]:
    return {
        "source": folder.source or None,
        "destination": folder.destination,
        "same": folder.same,
        "whole": folder.whole,
        **_error(folder.error),
        "folder_missing": folder.listings.absent,
        "found_by": folder.listings.found_by or None,
        "unlisted": folder.listings.unlisted,
        "hidden": [_hidden(each) for each in folder.listings.hidden],
        "doubts": list(folder.listings.doubts),
        **_numbers(folder.sum, deep),
        "messages": [_finding(each, subjects) for each in folder.findings],
    }


def _hidden(hidden: Hidden) -> dict[str, object]:
    return {
        "end": hidden.side,
        "messages": hidden.messages,
        "uids": list(hidden.uids),
        "numbers": dict(hidden.numbers),
    }


def _numbers(numbers: Sum, deep: bool) -> dict[str, object]:
    """Numbers of messages; null for bytes that were not read."""
    return {
        "source_messages": numbers.source,
        "destination_messages": numbers.destination,
        "missing": numbers.wrong[FindingKind.MISSING],
        "extra": numbers.wrong[FindingKind.EXTRA],
        "flags": numbers.wrong[Aspect.FLAGS],
        "flags_not_kept": numbers.wrong[Aspect.UNKEPT],
        "date": numbers.wrong[Aspect.DATE],
        "size": numbers.wrong[Aspect.SIZE],
        "header": numbers.wrong[Aspect.HEADER],
        "bytes": numbers.wrong[Aspect.BYTES] if deep else None,
        "not_told": numbers.wrong[Aspect.UNTOLD],
        "unread": numbers.wrong[FindingKind.UNREAD],
        "different": numbers.wrong[FindingKind.DIFFERENT],
        "left_out": numbers.left_out,
        "line_ends": numbers.line_ends,
        "weighed": numbers.weighed,
    }


def _finding(finding: Finding, subjects: dict[int, str] | None) -> dict[str, object]:
    one = finding.source
    told: dict[str, object] = {
        "kind": finding.kind,
        "differs": list(finding.aspects),
        "source": _mail(one),
        "destination": _mail(finding.destination),
        "flags_not_kept": sorted(finding.unkept),
    }
    return told if subjects is None else {**told, "subject": subjects.get(one.uid) if one else None}


def _mail(mail: ComparedMail | None) -> dict[str, object] | None:
    if mail is None:
        return None
    flags = None if mail.flags is None else sorted(mail.flags)
    return {"uid": mail.uid, "date": in_utc(mail.instant) or None, "size": mail.length, "flags": flags}


def _error(error: MigrateError | None) -> dict[str, object]:
    words = error.server_words if isinstance(error, MailError) else ""
    return {"error": error.sentence if error else None, "server_words": words or None}
