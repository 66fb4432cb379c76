"""What is kept for all who open the same files."""

from __future__ import annotations

import threading

import pytest

from tui_migrate.mail.mbox.cache import SharedCache


def test_what_is_kept_is_made_once_until_there_is_too_much() -> None:
    made: list[str] = []

    def get(key: str) -> str:
        def make() -> str:
            made.append(key)
            return key

        return cache.get(key, make)

    cache: SharedCache[str] = SharedCache(len, 6)
    for key in ("aaa", "bbb", "aaa", "ccc", "aaa", "bbb"):
        assert get(key) == key
    assert made == ["aaa", "bbb", "ccc", "bbb"]
    assert get("too much for it") == get("too much for it")
    assert made[4:] == ["too much for it"]


def test_who_asks_meanwhile_waits_for_it() -> None:
    cache: SharedCache[int] = SharedCache(lambda each: 1, 10)
    began, end = threading.Event(), threading.Event()
    found: list[int] = []

    def make() -> int:
        began.set()
        end.wait()
        return 1

    first = threading.Thread(target=lambda: found.append(cache.get("a", make)))
    first.start()
    began.wait()
    second = threading.Thread(target=lambda: found.append(cache.get("a", lambda: 2)))
    second.start()
    assert cache.get("b", lambda: 3) == 3
    end.set()
    first.join()
    second.join()
    assert found == [1, 1]


def test_what_failed_is_tried_again() -> None:
    cache: SharedCache[int] = SharedCache(lambda each: 1, 10)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)
    assert cache.get("a", lambda: 2) == 2
