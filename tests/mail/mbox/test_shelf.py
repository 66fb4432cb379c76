"""What is kept for all who open the same files."""

from __future__ import annotations

import threading

import pytest

from tui_migrate.mail.mbox.shelf import Shelf


def test_what_is_kept_is_made_once_until_there_is_too_much() -> None:
    made: list[str] = []

    def get(key: str) -> str:
        def make() -> str:
            made.append(key)
            return key

        return shelf.get(key, make)

    shelf: Shelf[str] = Shelf(len, 6)
    for key in ("aaa", "bbb", "aaa", "ccc", "aaa", "bbb"):
        assert get(key) == key
    assert made == ["aaa", "bbb", "ccc", "bbb"]
    assert get("too much for it") == get("too much for it")
    assert made[4:] == ["too much for it"]


def test_who_asks_meanwhile_waits_for_it() -> None:
    shelf: Shelf[int] = Shelf(lambda each: 1, 10)
    began, end = threading.Event(), threading.Event()
    found: list[int] = []

    def make() -> int:
        began.set()
        end.wait()
        return 1

    first = threading.Thread(target=lambda: found.append(shelf.get("a", make)))
    first.start()
    began.wait()
    second = threading.Thread(target=lambda: found.append(shelf.get("a", lambda: 2)))
    second.start()
    assert shelf.get("b", lambda: 3) == 3
    end.set()
    first.join()
    second.join()
    assert found == [1, 1]


def test_what_failed_is_tried_again() -> None:
    shelf: Shelf[int] = Shelf(lambda each: 1, 10)
    with pytest.raises(ZeroDivisionError):
        shelf.get("a", lambda: 1 // 0)
    assert shelf.get("a", lambda: 2) == 2
