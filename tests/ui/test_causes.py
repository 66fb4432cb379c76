"""Equal causes become one, different ones stay apart."""

from __future__ import annotations

import pytest

from tests.ui.values import failure
from tui_migrate.model import Scope
from tui_migrate.model.causes import causes, normalised


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NO [TOOBIG] size 48213377 exceeds 41943040", "NO [TOOBIG] size 99 exceeds 41943040"),
        ("NO [LIMIT] too large (0.001 + 0.000 secs).", "NO [LIMIT] too large (0.012 + 0.010 secs)."),
        ("NO [LIMIT] too large (0.001 secs).", "NO [LIMIT] too large (0.002 + 0.000 + 0.001 secs)."),
        ("NO no such user <a@x.example>", "NO no such user <b@y.example>"),
        ("NO user a@x.example is unknown", "NO user b.c@y.example is unknown"),
        ("NO failed, session 4f9a0c77de12", "NO failed, session ab01cd23ef45"),
        ("NO Failed.", "NO  failed."),
    ],
)
def test_what_differs_from_message_to_message_does_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NO [TOOBIG] too large", "NO [LIMIT] too large"),
        ("NO contains NUL", "NO contains a bare CR"),
        ("NO refused by effective policy", "NO refused by defaced policy"),
    ],
)
def test_what_says_why_counts(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_the_folder_s_name_does_not_count() -> None:
    words = "NO Mailbox {} is read-only"
    assert normalised(words.format("Sent"), "Sent") == normalised(words.format("R&D [x]"), "R&D [x]")
    assert "mailbox" in normalised("NO Mailbox b is read-only", "b")


def test_each_cause_is_named_once_with_its_newest_words() -> None:
    (cause,) = causes([failure(1, "NO size 10"), failure(3, "NO size 30"), failure(2, "NO size 20", account_id=2)])
    assert [each.id for each in cause.failures] == [3, 2, 1]
    assert (cause.words, cause.accounts) == ("NO size 30", [1, 2])


def test_where_the_server_said_nothing_our_sentence_tells_causes_apart() -> None:
    found = causes([failure(1, "", sentence="No answer in 60 s."), failure(2, "", sentence="No answer in 90 s.")])
    assert [cause.words for cause in found] == ["No answer in 90 s."]
    assert len(causes([failure(1, ""), failure(2, "", sentence="The line was cut.")])) == 2


def test_the_same_words_of_another_kind_are_another_cause() -> None:
    assert len(causes([failure(1), failure(2, kind="command refused")])) == 2


def test_what_keeps_whole_accounts_back_comes_first() -> None:
    found = causes(
        [
            failure(1, "a"),
            failure(2, "b"),
            failure(3, "b"),
            failure(4, "c", Scope.FOLDER),
            failure(5, "d", Scope.ACCOUNT),
            failure(6, "e", Scope.SERVER),
        ]
    )
    assert [cause.words for cause in found] == ["e", "d", "c", "b", "a"]
    assert [len(cause.messages) for cause in found] == [0, 0, 0, 2, 1]
    assert causes([]) == []
