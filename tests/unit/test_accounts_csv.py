"""Account lists as spreadsheets, exports and hands write them, and their mistakes."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_migrate.config.accounts import (
    ALL_PASSWORDS,
    FOLDER_MARK,
    Heading,
    ListNeeds,
    ListRow,
    check_account,
    load_accounts,
    mark_doubles,
    parse_accounts,
    parse_rows,
)
from tui_migrate.config.folders import spelled
from tui_migrate.errors import BadInput
from tui_migrate.model import AccountSpec, Secret

HEADINGS = "Source,Password,Destination"
ENCODERS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with BOM": lambda text: text.encode("utf-8-sig"),
    "UTF-16 LE": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-8 with two BOMs": lambda text: codecs.BOM_UTF8 + text.encode("utf-8-sig"),
    "UTF-16 LE without BOM": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE without BOM": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "UTF-8 and Ctrl-Z": lambda text: text.encode() + b"\x1a",
}


NO_PASSWORDS = ListNeeds(source_password=False, destination_password=False)
OWN_AT_DESTINATION = ListNeeds(source_password=False)
OWN_AT_SOURCE = ListNeeds(destination_password=False)


def parse(text: str, needs: ListNeeds = ALL_PASSWORDS) -> list[AccountSpec]:
    return parse_accounts(text.encode(), "a.csv", needs)


def mistakes(text: str | bytes, needs: ListNeeds = ALL_PASSWORDS) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(BadInput) as bad:
        parse_accounts(data, "a.csv", needs)
    return [str(problem) for problem in bad.value.problems]


def test_a_full_row() -> None:
    text = (
        "Source,Password,Destination,Destination Password,Priority,Excluded Folders\n"
        "alice@old,one,alice@new,two,1,Junk | Trash/*||Lists\n"
    )
    assert parse(text) == [
        AccountSpec("alice@old", Secret("one"), "alice@new", Secret("two"), 1, ("Junk", "Trash/*", "Lists"), line=2)
    ]


def test_what_is_left_empty_has_its_default() -> None:
    text = "Source,Password,Destination,Destination Password,Priority,Excluded Folders\na,one,b,,,\n"
    assert parse(text) == [AccountSpec("a", Secret("one"), "b", None, 5, (), line=2)]
    assert parse(f"{HEADINGS}\na,one,b") == [AccountSpec("a", Secret("one"), "b", line=2)]


@pytest.mark.parametrize(
    "heading",
    [
        "destination,SOURCE , passWORD",
        "Doel,Bron,Wachtwoord",
        "doel;bron;wachtwoord",
        "DESTINATION\tBron\tPassword",
        '"Destination";"Source";"Password"',
        "\n\nDestination,Source,Password",
        "sep=;\r\nDestination;Source;Password",
        '"SEP=|"\nDestination|Source|Password',
    ],
)
def test_headings_in_any_order_case_language_and_delimiter(heading: str) -> None:
    delimiter = next(mark for mark in "|;\t," if mark in heading)
    assert [
        (a.source_user, a.destination_user, a.source_password.reveal())
        for a in parse(f"{heading}\n{delimiter.join(('dest', 'src', 'pw'))}\n")
    ] == [("src", "dest", "pw")]


def test_all_dutch_headings() -> None:
    text = "Uitgesloten Mappen;Prioriteit;Doelwachtwoord;Doel;Wachtwoord;Bron\nArchief|Privé;2;twee;jan@n;een;jan@o\n"
    assert parse(text) == [AccountSpec("jan@o", Secret("een"), "jan@n", Secret("twee"), 2, ("Archief", "Privé"), 2)]


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_encodings_and_line_ends_of_excel(encoding: str, end: str) -> None:
    data = ENCODERS[encoding](end.join(["Bron;Wachtwoord;Doel", "rené;pässwört€;zoë", "", "x;y;z", ""]))
    accounts = parse_accounts(data, "a.csv")
    assert [(a.source_user, a.source_password.reveal(), a.destination_user, a.line) for a in accounts] == [
        ("rené", "pässwört€", "zoë", 2),
        ("x", "y", "z", 4),
    ]


def test_the_empty_cells_that_a_spreadsheet_leaves_out() -> None:
    headings = "Source;Password;Destination;Destination Password;Priority;Notify;"
    found = parse(f"{headings}\na;b;c;;1;;\nd;e;f\ng;h;i;;2\n")
    assert [(a.source_user, a.destination_password, a.priority) for a in found] == [
        ("a", None, 1),
        ("d", None, 5),
        ("g", None, 2),
    ]
    (short,) = mistakes("Priority;Source;Password;Destination\n1;a;b\n")
    assert short.startswith("a.csv line 2: has 3 cells and the heading line 4")


def test_what_powershell_writes_before_the_headings() -> None:
    (account,) = parse(f"#TYPE Selected.System.Management.Automation.PSCustomObject\r\n{HEADINGS}\r\na,b,c\r\n")
    assert (account.source_user, account.line) == ("a", 3)


def test_the_empty_columns_and_rows_that_a_spreadsheet_leaves_behind() -> None:
    assert [a.line for a in parse("Source;Password;Destination;;\na;b;c;;\n;;;;\n  ;;;;\nd;e;f;;\n")] == [2, 5]
    assert mistakes("Source;Password;Destination;\na;b;c;note\n") == [
        "a.csv line 2: has a cell in a column without heading"
    ]


def test_passwords_are_taken_as_they_stand_and_names_are_trimmed() -> None:
    [account] = parse(f'{HEADINGS}\n  alice , p"w ,"bob "\n')
    assert (account.source_user, account.destination_user) == ("alice", "bob")
    assert account.source_password.reveal() == ' p"w '
    assert parse(f"{HEADINGS}\na,   ,b\n")[0].source_password.reveal() == "   "


PASSWORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1)
USERS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).map(str.strip).filter(bool)
FOLDERS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]))


ACCOUNTS = st.builds(
    AccountSpec,
    source_user=USERS,
    source_password=PASSWORDS.map(Secret),
    destination_user=USERS,
    destination_password=st.none() | PASSWORDS.map(Secret),
    priority=st.integers(1, 9),
    excluded_folders=st.lists(FOLDERS.filter(str.strip)).map(tuple),
)


@given(
    st.lists(ACCOUNTS, min_size=1, unique_by=lambda account: account.source_user.casefold()),
    st.sampled_from(",;\t"),
    st.sampled_from(["UTF-8", "UTF-8 with BOM", "UTF-16 LE", "UTF-16 BE"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
@example([AccountSpec("sep=;", Secret('"'), "=x", Secret(";,\t"), 1)], ";", "UTF-8", "\n", False)
def test_what_a_csv_writer_writes_comes_back(
    accounts: list[AccountSpec], delimiter: str, encoding: str, end: str, quote_all: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    )
    writer.writerow(["Source", "Password", "Destination", "Destination Password", "Priority", "Excluded Folders"])
    for account in accounts:
        passwords = [
            secret.reveal() if secret else "" for secret in (account.source_password, account.destination_password)
        ]
        excluded = " | ".join(spelled(each, FOLDER_MARK) for each in account.excluded_folders)
        writer.writerow(
            [account.source_user, passwords[0], account.destination_user, passwords[1], account.priority, excluded]
        )
    expected = [replace(account, line=line) for line, account in enumerate(accounts, 2)]
    assert parse_accounts(ENCODERS[encoding](out.getvalue()), "a.csv") == expected


@given(st.binary())
@example(b"Source,Password,Destination\na,b")
@example(b'Source,Password,Destination\n"')
@example(b"sep=,")
@example(b"Source,Password,Destination\na," + b"x" * 200_000 + b',b\nc,"' + b"y" * 200_000)
def test_any_bytes_give_accounts_or_problems(data: bytes) -> None:
    outcome: Sequence[object]
    try:
        outcome = parse_accounts(data, "a.csv")
    except BadInput as bad:
        outcome = bad.problems
    assert outcome


SECRETS = st.text("ABCDEFGHJKLMNP0123456789", min_size=12, max_size=12).map("Xy!".__add__)


@given(
    st.lists(st.lists(st.sampled_from(["", "a", "Source", "1", '"', "\u200b"]) | SECRETS, max_size=7), max_size=5),
    st.sampled_from([HEADINGS, "Source,Pasword,Destination", "Bron,Wachtwoord,Doel,Prioriteit", "Password", "a,Xy!,b"]),
)
def test_no_cell_is_ever_quoted_in_a_problem(rows: list[list[str]], heading: str) -> None:
    text = "\n".join([heading, *(",".join(row) for row in rows)])
    try:
        shown = repr([account.source_password for account in parse(text)])
    except BadInput as bad:
        shown = f"{bad} {bad!r} {bad.problems}"
    assert "Xy!" not in shown


def test_every_bad_row_is_reported_with_its_line() -> None:
    text = f"""{HEADINGS},Priority
a,pw,b,1
,pw,b,
a2,,b,
a3,pw, ,10
a4,pw
a5,pw,b,1,x
good,pw,b,
A,pw,b,0
"""
    width = "and the heading line 4; a cell with a comma, semicolon or tab in it must be in quotation marks"
    priority = "Priority must be a whole number from 1 (first) to 9, or empty for 5"
    assert mistakes(text) == [
        "a.csv line 3: Source is empty",
        "a.csv line 4: Password is empty",
        "a.csv line 5: Destination is empty",
        f"a.csv line 5: {priority}",
        f"a.csv line 6: has 2 cells {width}",
        f"a.csv line 7: has 5 cells {width}",
        f"a.csv line 9: {priority}",
        "a.csv line 9: the same source as line 2",
    ]


@pytest.mark.parametrize("priority", ["0", "10", "1.0", "-1", "high", "٣", "²"])
def test_a_priority_is_one_digit(priority: str) -> None:
    assert "Priority" in mistakes(f"{HEADINGS},Priority\na,b,c,{priority}")[0]


@pytest.mark.parametrize(("character", "code"), [("\t", "U+0009"), ("\x1b", "U+001B"), ("\u200b", "U+200B")])
def test_characters_that_cannot_be_seen_in_a_name(character: str, code: str) -> None:
    assert mistakes(f"{HEADINGS}\na{character}b,pw,c") == [
        f"a.csv line 2: Source has an invisible character in it ({code})"
    ]


def test_a_forgotten_quotation_mark_does_not_swallow_accounts() -> None:
    closed_by_chance = f'{HEADINGS}\na,"pw,b\nc,pw,d\ne,pw",f\ng,,h\n'
    assert mistakes(closed_by_chance) == [
        "a.csv line 2: has a line break inside a cell; is a quotation mark missing?",
        "a.csv line 5: Password is empty",
    ]
    unmatched = "the quotation marks do not match; inside a quoted cell, each one is written twice"
    assert mistakes(f'{HEADINGS}\na,"p"w,b\nc,,d\ne,"pw,f\ng,pw,h\n') == [
        f"a.csv line 2: {unmatched}",
        "a.csv line 3: Password is empty",
        f"a.csv line 4: {unmatched}",
    ]


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    text = 'sep=,\n\n"Source","Destination\nPassword",Destination,Password\n\na,x,b,"p""w,"\nc,"1\n2",d,pw\n,x,e,pw\n'
    assert mistakes(text) == [
        "a.csv line 7: has a line break inside a cell; is a quotation mark missing?",
        "a.csv line 9: Source is empty",
    ]


def test_unknown_headings_come_with_the_nearest_known_one() -> None:
    assert mistakes("Source,Pasword,Destination,Color\na,b,c,d\n") == [
        "a.csv line 1: unknown heading Pasword; did you mean Password?",
        "a.csv line 1: unknown heading Color; "
        "known are Source, Password, Destination, Destination Password, Priority, Excluded Folders, Notify, Path",
        "a.csv line 1: the heading Password is missing",
    ]


def test_an_unknown_heading_does_not_hide_bad_rows() -> None:
    assert mistakes(f"{HEADINGS},Priorty\na,,c,1\n") == [
        "a.csv line 1: unknown heading Priorty; did you mean Priority?",
        "a.csv line 2: Password is empty",
    ]


def test_two_headings_for_one_column() -> None:
    assert mistakes("Source,Password,Destination,Bron\na,b,c,d\n") == ["a.csv line 1: Source is there twice"]


@pytest.mark.parametrize("text", ["alice,hunter2,bob\n", "alice,password,bob,hunter2\n", "Source|Password|hunter2\n"])
def test_a_list_without_headings_does_not_show_its_first_password(text: str) -> None:
    [problem] = mistakes(text)
    assert problem.startswith("a.csv line 1: is no heading line: it must name Source, Password and Destination")
    assert "hunter2" not in problem


@pytest.mark.parametrize("data", [b"", b"\n \r\n", codecs.BOM_UTF8, b"sep=;\n", b",,,\n"])
def test_an_empty_file(data: bytes) -> None:
    assert mistakes(data) == ["a.csv: is empty; its first line must name Source, Password and Destination"]


def test_headings_without_accounts() -> None:
    assert mistakes(f"{HEADINGS}\n\n") == ["a.csv: has headings but no accounts"]


def test_an_admin_login_needs_no_passwords_on_its_side() -> None:
    no_passwords = "Source,Destination\na,b\n"
    assert parse(no_passwords, NO_PASSWORDS) == [AccountSpec("a", Secret(""), "b", line=2)]
    assert mistakes(no_passwords, OWN_AT_SOURCE) == ["a.csv line 1: the heading Password is missing"]
    assert mistakes(no_passwords, OWN_AT_DESTINATION) == ["a.csv line 1: the heading Destination Password is missing"]

    destination_only = "Source,Destination,Destination Password\na,b,pw\nc,d,\n"
    assert mistakes(destination_only, OWN_AT_DESTINATION) == [
        "a.csv line 3: Destination Password is empty, and so is Password"
    ]
    [first, _] = parse(destination_only, NO_PASSWORDS)
    assert first.destination_password == Secret("pw")
    assert parse(f"{HEADINGS}\na,pw,b", OWN_AT_DESTINATION) == [AccountSpec("a", Secret("pw"), "b", line=2)]


def test_loading_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"{HEADINGS}\na,pw,b\n")
    assert load_accounts(file) == [AccountSpec("a", Secret("pw"), "b", line=2)]
    file.write_text(f"{HEADINGS}\na,,b\n")
    with pytest.raises(BadInput, match=r"^people.csv line 2: Password is empty$"):
        load_accounts(file)
    with pytest.raises(BadInput, match=r"^absent.csv: cannot be read: No such file or directory$"):
        load_accounts(tmp_path / "absent.csv")


def rows(text: str, needs: ListNeeds = ALL_PASSWORDS) -> list[ListRow]:
    return parse_rows(text.encode(), "a.csv", needs)


def marked(found: Sequence[ListRow]) -> dict[int, list[Heading | None]]:
    """The bad cells, by line."""
    return {row.line: [mistake.column for mistake in row.mistakes] for row in found if row.mistakes}


def test_good_rows_are_read_beside_bad_ones_and_every_bad_cell_is_named() -> None:
    text = f"{HEADINGS},Priority\nalice,pw,alice,1\n,pw,bob,ten\ncarol,,,2\nALICE,pw,x,\ndave,pw\n"
    found = rows(text)
    assert [row.line for row in found] == [2, 3, 4, 5, 6]
    assert marked(found) == {
        3: [Heading.SOURCE, Heading.PRIORITY],
        4: [Heading.DESTINATION, Heading.PASSWORD],
        5: [Heading.SOURCE],
        6: [None],
    }
    assert found[0].spec == AccountSpec("alice", Secret("pw"), "alice", priority=1, line=2)
    assert (found[1].spec.destination_user, found[1].spec.source_password) == ("bob", Secret("pw"))


def test_of_a_row_with_a_cell_too_few_nothing_is_read_for_any_cell_may_be_the_password() -> None:
    (row,) = rows(f"{HEADINGS}\nalice,geheim\n")
    assert "geheim" not in repr(row)
    assert row.spec == AccountSpec("", Secret(""), "", line=2)


def test_a_row_with_wrong_quotation_marks_stands_beside_good_ones() -> None:
    found = rows(f'{HEADINGS}\nalice,pw,alice\nbob,"p"w,bob\n')
    assert marked(found) == {3: [None]}


def test_a_double_is_none_any_more_when_the_first_is_gone() -> None:
    first, second = rows(f"{HEADINGS}\nalice,pw,a\nAlice,pw,b\n")
    assert marked([first, second]) == {3: [Heading.SOURCE]}
    assert marked(mark_doubles([second])) == {}
    assert marked(mark_doubles([first, second])) == {3: [Heading.SOURCE]}


def test_what_is_typed_by_hand_is_judged_as_a_row_is() -> None:
    empty = AccountSpec("", Secret(""), "")
    assert [mistake.column for mistake in check_account(empty)] == [
        Heading.SOURCE,
        Heading.DESTINATION,
        Heading.PASSWORD,
    ]
    both_admins = check_account(AccountSpec("a", Secret(""), "b"), NO_PASSWORDS)
    assert both_admins == []
    (mistake,) = check_account(AccountSpec("a", Secret(""), "b"), OWN_AT_DESTINATION)
    assert mistake.column is Heading.DESTINATION_PASSWORD
