"""What a trace may show of Exchange Web Services: beside HTTP's headers, what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui_migrate.mail.trace import length, shown
from tui_migrate.mail.web.traced import WebRules

_OPERATION = re.compile(rb"<s:Body><m:(\w+)")
_VERSION = re.compile(rb'Version="(\w+)"')
_THINGS = re.compile(rb"<t:(?:ItemId|FolderId|DistinguishedFolderId|AttachmentId)\b")
_PAGE = re.compile(rb' Offset="(\d+)"')


class EwsRules(WebRules):
    """Of a request its operation, its version, and of how much it speaks; of an answer its length."""

    def body_sent(self, body: bytes) -> Iterator[str]:
        operation, version = _OPERATION.search(body), _VERSION.search(body)
        if operation is None or version is None:
            yield length(body)
            return
        told = f"{shown(operation[1])} ({shown(version[1])}), ids: {len(_THINGS.findall(body))}"
        if page := _PAGE.search(body):
            told += f", from {shown(page[1])}"
        yield f"{told} {length(body)}"
