"""Reports: the numbers of a page add up when they are read back, and what strangers wrote is text and no more."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.store import samples
from tests.ui import office
from tests.ui.office import MB, NOW, OfficeService
from tui_migrate.errors import StoreUnusable
from tui_migrate.model import AccountState, Counts, Scope
from tui_migrate.model.progress import Tally
from tui_migrate.report.reasons import MOST
from tui_migrate.report.tables import HEADINGS
from tui_migrate.store import accounts, progress
from tui_migrate.store.schema import failure

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</details></main><style>*{display:none}</style>",
    "&lt;b&gt;",
    '=HYPERLINK("http://evil.example","open")',
    "@SUM(A1)",
    "+1",
    "-1",
    " =1+1",
    "\t=1+1",
    'a,b;c"d',
    "two\r\nlines",
    "gnp.\u202eexe",
    "Ungültig 日本",
]
HARMLESS = str.maketrans({"\r": "\ufffd", "\n": "\ufffd", "\t": "\ufffd", "\u202e": "\ufffd"})


class Parsed(HTMLParser):
    """The tables of a page by class, their rows as texts; and every tag that there is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.words: list[str] = []
        self._rows: list[list[str]] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attrs)["class"] or "", [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._rows and self._rows[-1]:
            self._rows[-1][-1] += data.strip("\n")


def number(text: str) -> int:
    return int(text.replace(",", ""))


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[OfficeService]:
    made = office.open_service(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def hostile(service: OfficeService) -> OfficeService:
    """One account that has copied folders with all those names, and has a failure in each."""
    (account,) = office.add_migration(service, HOSTILE[0], ["a@old.example"], ("imap.old.example", "imap.new.example"))
    total = Counts(10 * len(HOSTILE), 9 * len(HOSTILE), 0, 0, 0, len(HOSTILE))
    why = ("<b>detail</b>", "NO <script>words</script>")
    office.set_account(service, account, AccountState.DONE_WITH_FAILURES, total, (MB, MB), why=why)
    for uid, name in enumerate(HOSTILE):
        folder = office.add_folder(service, account, (name, name), Counts(10, 9, 0, 0, 0, 1), (10, 9))
        entry = {"kind": name, "sentence": name, "server_words": name, "command": name, "advice": name}
        entry |= {"message_id": name, "subject": f"subject {name}", "date": name}
        office.add_failure(service, account, NOW, folder_id=folder, uid=uid, size=5, scope=Scope.MESSAGE, **entry)
    return service


def test_the_numbers_of_the_page_add_up_at_every_height(service: OfficeService, tmp_path: Path) -> None:
    office.fill(service)
    ids = [each.migration.id for each in service.migrations.listing()]
    written = service.reports.write(ids, tmp_path / "out")
    assert sorted(each.name for each in written) == sorted(
        [*HEADINGS, "1-Head-office.html", "2-Branch-Ghent.html", "3-Test-run.html"]
    )
    page = Parsed((tmp_path / "out" / "1-Head-office.html").read_text("utf-8"))
    head, *listed, foot = page.tables["accounts"]
    assert len(listed) == 18
    columns = slice(head.index("Listed"), head.index("To go") + 1)
    for row in [*listed, foot]:
        total, *parts = map(number, row[columns])
        assert total == sum(parts)
    sums = [sum(map(number, column)) for column in zip(*(row[columns] for row in listed), strict=True)]
    assert sums == [number(each) for each in foot[columns]]
    counts = service.migrations.get(ids[0]).counts
    assert sums[0] == counts.listed == 53_492
    assert any(f"{counts.listed} listed = {counts.copied} copied" in words for words in page.words)
    assert sum(number(row[head.index("Failures")]) for row in listed) == number(foot[head.index("Failures")]) == 5
    # The same in the tables, and pass by pass.
    table = [row for row in rows(tmp_path / "out", "accounts.csv") if row["Migration"] == "Head office"]
    assert [int(row["Copied"]) for row in table] == [number(row[head.index("Copied")]) for row in listed]
    (_, first) = page.tables["passes"]
    assert number(first[2]) == sum(int(row["Listed"]) for row in rows(tmp_path / "out", "passes.csv")) - 406 * 2


def test_folders_and_excluded_folders_make_up_their_account(service: OfficeService, tmp_path: Path) -> None:
    (account,) = office.add_migration(service, "T", ["a@old.example"], ("old", "new"))
    office.set_account(service, account, AccountState.DONE, Counts(30, 20, 0, 10), (MB, MB))
    office.add_folder(service, account, ("INBOX", "INBOX"), Counts(15, 15), (MB, MB))
    office.add_folder(service, account, ("Sent", "Sent"), Counts(8, 5, 0, 3), (MB, MB))
    service.reports.write([1], tmp_path / "out")
    _, *found = Parsed((tmp_path / "out" / "1-T.html").read_text("utf-8")).tables["folders"]
    assert [row[:1] + row[2:4] + row[6:7] for row in found] == [
        ["INBOX", "15", "15", "0"],
        ["Sent", "8", "5", "3"],
        ["(excluded folders)", "7", "0", "7"],
    ]
    assert sum(number(row[2]) for row in found) == 30


def test_what_strangers_wrote_is_text_and_no_more(hostile: OfficeService, tmp_path: Path) -> None:
    service = hostile
    (page_file,) = [
        each for each in service.reports.write([1], tmp_path / "out", subjects=True) if each.suffix == ".html"
    ]
    assert page_file.name == "1-script-alert-1-script.html"
    text = page_file.read_text("utf-8")
    page = Parsed(text)
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "p",
        "b",
        "span",
        "code",
        "dl",
        "dt",
    }
    allowed |= {"dd", "div", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "details", "summary"}
    assert {tag for tag, _ in page.tags} <= allowed
    assert {name for _, attributes in page.tags for name in attributes} <= {
        *("lang", "charset", "http-equiv", "content", "name", "class", "open")
    }
    assert text.count("<style>") == 1
    shown = [row[0] for row in page.tables["folders"][1:]]
    assert shown == [name.translate(HARMLESS) for name in HOSTILE]
    assert "http" not in text.replace("http-equiv", "").replace("http://evil.example", "")


def test_a_spreadsheet_calculates_nothing_and_obeys_nothing(hostile: OfficeService, tmp_path: Path) -> None:
    hostile.reports.write([1], tmp_path / "out", subjects=True)
    assert (tmp_path / "out" / "folders.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    for name in HEADINGS:
        for row in rows(tmp_path / "out", name):
            assert not [cell for cell in row.values() if cell.strip().startswith(("=", "+", "-", "@"))]
    names = [row["Source Folder"] for row in rows(tmp_path / "out", "folders.csv")]
    shown = [(name.strip()[0] in "=+-@", name.translate(HARMLESS)) for name in HOSTILE]
    assert names == [f"'{name}" if formula else name for formula, name in shown]


def test_times_and_rates_of_passes(service: OfficeService, tmp_path: Path) -> None:
    (account,) = office.add_migration(service, "T", ["a@old.example"], ("old", "new"))
    for began, copied in ((NOW, 300), (NOW + 86_400, 5)):
        with service.store.write() as connection:
            progress.begin_pass(connection, account, began)
            progress.save_account(connection, account, Tally(Counts(305, copied, brought=305 - copied), MB, MB), (0, 0))
            samples.move(connection, account, copied, MB)
            progress.end_pass(connection, account, began + 100, AccountState.DONE)
            accounts.set_state(connection, account, AccountState.DONE)
    service.reports.write([1], tmp_path / "out")
    first, second = rows(tmp_path / "out", "passes.csv")
    assert (first["Pass"], first["State"], first["Copied"], first["Brought Earlier"]) == ("1", "done", "300", "5")
    assert (first["Began"], first["Ended"]) == ("2025-03-12T14:02:00+00:00", "2025-03-12T14:03:40+00:00")
    assert (first["Seconds"], first["Messages per Second"], first["Bytes per Second"]) == ("100", "3.00", "10000")
    assert (second["Pass"], second["Copied"]) == ("2", "5")
    (total,) = rows(tmp_path / "out", "accounts.csv")
    assert (total["Copied"], total["Messages Moved"], total["Bytes Moved"]) == ("5", "305", "2000000")
    page = Parsed((tmp_path / "out" / "1-T.html").read_text("utf-8"))
    assert [row[0] for row in page.tables["account-passes"]] == ["Pass", "1", "2"]
    assert "305 messages, 2.0 MB" in page.words


def test_no_secret_and_no_subject_unless_asked_for(service: OfficeService, tmp_path: Path) -> None:
    office.fill(service)
    for subjects in (False, True):
        folder = tmp_path / str(subjects)
        written = service.reports.write([1, 2, 3], folder, subjects=subjects)
        text = "".join(each.read_text("utf-8") for each in written)
        assert "shown-nowhere" not in text
        assert ("Offerte" in text) is subjects
        assert ("Subject" in text) is subjects
        assert {stat.S_IMODE(each.stat().st_mode) for each in written} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_page_has_so_many_failures_of_a_reason_and_the_table_all(service: OfficeService, tmp_path: Path) -> None:
    (account,) = office.add_migration(service, "T", ["a@old.example"], ("old", "new"))
    office.set_account(service, account, AccountState.DONE_WITH_FAILURES, Counts(1), (1, 0))
    folder = office.add_folder(service, account, ("INBOX", "INBOX"), Counts(1), (1, 0))
    words = dict.fromkeys(("command", "advice", "message_id", "subject", "date"), "")
    entry = {"account_id": account, "folder_id": folder, "scope": Scope.MESSAGE, "kind": "message refused", **words}
    with service.store.write() as connection:
        for uid in range(MOST + 5):
            row = entry | {"uid": uid, "size": 1, "sentence": "Refused.", "server_words": f"NO size {uid}"}
            row |= {"attempts": 1, "first_at": NOW, "last_at": NOW}
            connection.execute(failure.insert().values(**row))
    service.reports.write([1], tmp_path / "out")
    page = Parsed((tmp_path / "out" / "1-T.html").read_text("utf-8"))
    assert len(page.tables["failures"]) == 1 + MOST
    assert any("1,005 × message refused" in words for words in page.words)
    assert any("5 more are in failures.csv" in words for words in page.words)
    assert len(rows(tmp_path / "out", "failures.csv")) == MOST + 5


def test_what_a_dead_engine_left_as_copying_is_not_copying(service: OfficeService, tmp_path: Path) -> None:
    office.fill(service)
    service.reports.write([1], tmp_path / "dead")
    with office.engine_at_work(service, rates=(1.0, 1.0)):
        service.reports.write([1], tmp_path / "alive")
    states = [[row["State"] for row in rows(tmp_path / each, "accounts.csv")] for each in ("dead", "alive")]
    assert "copying" not in states[0]
    assert states[1].count("copying") == 2


def test_a_file_that_is_there_is_left_alone_and_nothing_else_is_written(service: OfficeService, tmp_path: Path) -> None:
    office.fill(service)
    mine = tmp_path / "passes.csv"
    mine.write_text("mine")
    with pytest.raises(StoreUnusable, match=r"There is a file .*passes\.csv already"):
        service.reports.write([1], tmp_path)
    assert mine.read_text() == "mine"
    assert {each.name for each in tmp_path.iterdir()} == {"data", "passes.csv"}
    with pytest.raises(StoreUnusable, match="is a file, not a folder"):
        service.reports.write([1], mine)


def test_a_full_disk_leaves_no_half_report(
    service: OfficeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.fill(service)

    def full(*_: object) -> Iterator[str]:
        yield "<html>"
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("tui_migrate.service.reports.page", full)
    with pytest.raises(StoreUnusable, match="cannot be written: No space left on device"):
        service.reports.write([1], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
