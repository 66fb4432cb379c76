"""What a check before the start has come to, as rows, lines and facts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_migrate.model import Account, AccountLine, Check, CheckItem, Verdict
from tui_migrate.service.checks import BeingRead
from tui_migrate.ui.format import UNKNOWN, Cell, Tone, count, left, moment, plural, size, when
from tui_migrate.ui.rows.filter_language import Language, Words
from tui_migrate.ui.states import Shown
from tui_migrate.ui.widgets.line import joined
from tui_migrate.ui.widgets.table import Column

HELD = Shown("✖", "held back", Tone.BAD)
UNTRIED = Shown("▲", "login not tried", Tone.BAD)
WARNED = Shown("▲", "with warnings", Tone.CARE)
WAIVED = Shown("◇", "waived", Tone.CARE)
ASKED = Shown("◌", "being checked", Tone.BUSY)
UNCHECKED = Shown("○", "not checked", Tone.QUIET)
FIT = Shown("✔", "fit", Tone.GOOD)
MARKS = {
    HELD: "a login is refused or the mail does not fit: it is not started until that is corrected or waived",
    UNTRIED: "a server could not be asked about a login; it may start",
    WARNED: "messages or folders will have trouble, the rest is copied; it may start",
    WAIVED: "an item fails, and an admin lets it start all the same",
    ASKED: "the servers are being asked",
    UNCHECKED: "nobody has looked; it may start",
    FIT: "nothing stands in its way",
}
"""What the mark of an account means, for the help."""
_VERDICTS = {
    Verdict.PASSED: "✔",
    Verdict.WARNED: "▲",
    Verdict.FAILED: "✖",
    Verdict.UNKNOWN: UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class CheckRow:
    """An account with its last check."""

    account: Account | AccountLine
    check: Check | None
    asked: bool = False
    """Its servers are being asked now."""
    error: str = ""
    """Why there is no new check."""

    @property
    def shown(self) -> Shown:
        """What the check comes to."""
        return ASKED if self.asked else self.found

    @property
    def found(self) -> Shown:
        """What the last check has come to, whether another one is on its way or not."""
        found = self.check
        if found is None:
            return UNCHECKED
        if found.failed:
            return HELD if found.refusal else WAIVED
        if not found.passes:
            return UNTRIED
        return WARNED if any(each.verdict is Verdict.WARNED for each in found.results) else FIT

    def verdict(self, item: CheckItem) -> Verdict:
        """The verdict on one item; unknown before the first check."""
        return self.check.result(item).verdict if self.check else Verdict.UNKNOWN

    def login(self, item: CheckItem) -> Cell:
        """The verdict on the login of one side."""
        words = {Verdict.PASSED: Cell("ok", Tone.GOOD), Verdict.FAILED: Cell("refused", Tone.BAD)}
        return words.get(self.verdict(item), Cell(UNKNOWN, Tone.QUIET))

    def quota(self) -> Cell:
        """Whether all fits."""
        words = {Verdict.PASSED: Cell("fits", Tone.GOOD), Verdict.FAILED: Cell("no", Tone.BAD)}
        return words.get(self.verdict(CheckItem.QUOTA), Cell(UNKNOWN, Tone.QUIET))

    def messages(self) -> Cell:
        """How many there are."""
        load = self.check.load if self.check else None
        return Cell(count(load.messages)) if load else Cell(UNKNOWN, Tone.QUIET)

    def octets(self) -> Cell:
        """How large the messages are together."""
        load = self.check.load if self.check else None
        return Cell(size(load.octets)) if load else Cell(UNKNOWN, Tone.QUIET)

    def free(self) -> Cell:
        """What the quota leaves free."""
        known = self.check.free if self.check else None
        return Cell(UNKNOWN, Tone.QUIET) if known is None else Cell(size(known))

    def large(self) -> Cell:
        """Messages above the destination's limit."""
        known = self.check.too_large if self.check else None
        return Cell(UNKNOWN, Tone.QUIET) if known is None else Cell(count(known), Tone.CARE if known else Tone.PLAIN)

    def folders(self) -> Cell:
        """Folders that do not get their own names."""
        if self.check is None or self.verdict(CheckItem.FOLDERS) is Verdict.UNKNOWN:
            return Cell(UNKNOWN, Tone.QUIET)
        return Cell(count(self.check.folders), Tone.CARE if self.check.folders else Tone.PLAIN)

    def time(self) -> Cell:
        """The time that the account will take."""
        return Cell(left(self.check.seconds) if self.check else UNKNOWN, Tone.QUIET)

    def about(self, now: float) -> list[Cell]:
        """What there is no column for."""
        found, account = self.check, self.account
        cells = [Cell(f"{account.source_user} → {account.destination_user}")]
        if found is not None:
            cells.append(Cell(self.shown.word, self.shown.tone))
            waived = f"waived by {found.waived_by} {when(found.waived_at, now)}" if found.waived_at else ""
            cells += [Cell(waived, Tone.CARE), Cell(f"checked {when(found.at, now)}", Tone.QUIET)]
        return joined(cells)

    def reason(self) -> str:
        """The worst that there is to say of the account."""
        if self.error:
            return f"✖ {self.error}"
        results = self.check.results if self.check else ()
        worst = sorted((each for each in results if _is_told(each.item, each.verdict)), key=lambda e: _RANK[e.verdict])
        return " ".join(f"{_VERDICTS[each.verdict]} {each.sentence}" for each in worst)


_ORDER = (HELD, UNTRIED, WARNED, WAIVED, ASKED, UNCHECKED, FIT)
_PLACES = {id(each): place for place, each in enumerate(_ORDER)}
"""By what they are: of thousands of rows, to compare them costs more than all else."""
_RANK = {Verdict.FAILED: 0, Verdict.UNKNOWN: 1, Verdict.WARNED: 2}


def _is_told(item: CheckItem, verdict: Verdict) -> bool:
    return verdict in (Verdict.FAILED, Verdict.WARNED) or (item.is_login and verdict is Verdict.UNKNOWN)


def in_order(rows: Sequence[CheckRow]) -> list[CheckRow]:
    """Rows with trouble first; what is equal stays in the order in which it runs. What is asked again stays where it
    was."""
    return sorted(rows, key=lambda row: _PLACES[id(row.found)])


def _logins(row: CheckRow) -> list[str]:
    names = {Verdict.PASSED: "ok", Verdict.FAILED: "refused"}
    return [names.get(row.verdict(item), "unknown") for item in (CheckItem.SOURCE_LOGIN, CheckItem.DESTINATION_LOGIN)]


def _quota(row: CheckRow) -> list[str]:
    names = {Verdict.PASSED: ["yes", "fits"], Verdict.FAILED: ["no"]}
    return names.get(row.verdict(CheckItem.QUOTA), ["unknown"])


LANGUAGE: Language[CheckRow] = Language(
    texts=lambda row: (row.account.source_user, row.account.destination_user),
    words={
        "login": Words("refused", _logins),
        "quota": Words("no", _quota),
        "state": Words("held", lambda row: row.shown.word.split()),
    },
    numbers={
        "messages": lambda row: row.check.load.messages if row.check and row.check.load else None,
        "large": lambda row: row.check.too_large if row.check else None,
        "folders": lambda row: row.check.folders if row.check else None,
    },
)

COLUMNS: list[Column[CheckRow]] = [
    Column("", lambda row, _: Cell(row.shown.glyph, row.shown.tone), 1),
    Column("User", lambda row, _: Cell(row.account.source_user)),
    Column("Source", lambda row, _: row.login(CheckItem.SOURCE_LOGIN), 7),
    Column("Dest.", lambda row, _: row.login(CheckItem.DESTINATION_LOGIN), 7),
    Column("Messages", lambda row, _: row.messages(), 8, right=True),
    Column("Size", lambda row, _: row.octets(), 6, right=True),
    Column("Quota", lambda row, _: row.quota(), 5, right=True),
    Column("Free", lambda row, _: row.free(), 6, right=True, least=100),
    Column("Large", lambda row, _: row.large(), 5, right=True),
    Column("Folders", lambda row, _: row.folders(), 7, right=True),
    Column("Time", lambda row, _: row.time(), 6, right=True),
]


def progress(done: int, total: int, reading: Sequence[BeingRead], rows: Sequence[CheckRow]) -> list[Cell]:
    """How far the check is."""
    where = f"{reading[0].account} {reading[0].folder}".strip() if reading else ""
    known = Cell(f"◌ checking {done:,}/{plural(total, 'account')}", Tone.BUSY)
    return joined([known, *_tally(rows, (HELD, UNTRIED)), Cell(where, Tone.QUIET)])


def verdict(rows: Sequence[CheckRow], seconds: float | None) -> list[Cell]:
    """What has come of the whole check. `seconds`: that it takes together."""
    loads = [row.check.load for row in rows if row.check and row.check.load]
    messages, octets = (sum(getattr(each, f"missing_{name}") for each in loads) for name in ("messages", "octets"))
    noun = "message" if messages == 1 else "messages"
    numbers = f"{count(messages)} {noun}, {size(octets)} to copy" if loads else ""
    return joined([*_tally(rows, _ORDER), Cell(numbers), Cell(f"{left(seconds)} in all" if seconds else "")])


def _tally(rows: Sequence[CheckRow], which: Sequence[Shown]) -> Iterator[Cell]:
    numbers = Counter(id(row.shown) for row in rows)
    for shown in which:
        if number := numbers[id(shown)]:
            yield Cell(f"{number:,} {shown.word}", shown.tone)


# One account


def facts(row: CheckRow) -> list[tuple[str, str]]:
    """Label and text of all that is known of an account, item by item; as many however much of it is known."""
    found = row.check
    told: list[tuple[str, str]] = []
    for item in CheckItem:
        result = next((each for each in found.results if each.item is item), None) if found else None
        name = item.value.capitalize()
        nothing = "" if item.may_be_absent else f"{UNKNOWN} Not checked yet."
        held = " It is not started." if result and result.verdict is Verdict.FAILED and found and found.refusal else ""
        told += [
            (name, f"{_VERDICTS[result.verdict]} {result.sentence}{held}" if result else nothing),
            ("  verbatim", result.server_words if result else ""),
            ("  what to do", result.advice if result else ""),
        ]
    load = found.load if found else None
    missing = f"{load.missing_messages:,} messages, {size(load.missing_octets)}" if load else ""
    waived = f"by {found.waived_by}, {moment(found.waived_at)}" if found and found.waived_at else ""
    return [
        *told,
        ("In all", f"{load.messages:,} messages, {size(load.octets)}" if load else ""),
        ("To copy", missing),
        ("Expected time", _time(found)),
        ("Checked", moment(found.at) if found else ""),
        ("Waived", waived),
    ]


def _time(found: Check | None) -> str:
    if found is None or found.load is None:
        return ""
    if found.seconds is None:
        return f"{UNKNOWN} ({found.basis})" if found.basis else UNKNOWN
    return f"{left(found.seconds)} ({found.basis})" if found.basis else left(found.seconds)


def headline(row: CheckRow) -> list[Cell]:
    """Whether the account may start."""
    shown = row.shown
    hint = {HELD: "it is not started; W lets it start all the same, r checks again", ASKED: ""}.get(
        shown, "it may start"
    )
    return joined([shown.cell(), Cell(hint, Tone.QUIET), Cell(row.error, Tone.BAD)])
