"""Modified UTF-7 (RFC 3501 section 5.1.3), written apart from the program's own so that one checks the other."""

from __future__ import annotations

import base64
import re


def encode_name(name: str) -> str:
    """A readable folder name as Dovecot names it on disk and on the wire."""
    return re.sub(r"[^\x20-\x7e]+|&", _encode_run, name)


def decode_name(name: str) -> str:
    """The readable form of a name in modified UTF-7."""
    return re.sub(r"&([^-]*)-", _decode_run, name)


def _encode_run(found: re.Match[str]) -> str:
    if found.group() == "&":
        return "&-"
    text = base64.b64encode(found.group().encode("utf-16-be")).decode()
    return f"&{text.rstrip('=').replace('/', ',')}-"


def _decode_run(found: re.Match[str]) -> str:
    text = found.group(1)
    if not text:
        return "&"
    padded = text.replace(",", "/") + "=" * (-len(text) % 4)
    return base64.b64decode(padded).decode("utf-16-be")
