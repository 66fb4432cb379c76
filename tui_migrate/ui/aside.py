"""Waiting for what may take long, beside the screen; and whether there is a screen to tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from textual.dom import DOMNode

T = TypeVar("T")


async def aside(call: Callable[[], T]) -> T:
    """`call` in a thread of its own, which nobody waits for when the dashboard ends.

    `asyncio.to_thread` keeps the program from ending until its threads do: half a minute, with a server that is silent.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from now on a screen that was left cannot cancel it under the thread

    def run() -> None:
        try:
            result = call()
        except BaseException as error:
            future.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            future.set_result(result)

    Thread(target=run, name="aside", daemon=True).start()
    return await asyncio.wrap_future(future)


def still_there(node: DOMNode) -> bool:
    """True while a screen or a widget can be shown something. One that is being left is attached for a while yet, when
    what lies in it is gone already."""
    return node.is_attached and node.display
