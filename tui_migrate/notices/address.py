"""Mail addresses, as far as notices go."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"""[^\s@<>,;:"()\[\]\\]+@[^\s@<>,;:"()\[\]\\]+""")


def is_address(text: str) -> bool:
    """True for one mail address alone."""
    return _ADDRESS.fullmatch(text) is not None and text.isprintable()
