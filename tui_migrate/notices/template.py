"""Subject and text with `{name}` where an account's numbers go. A name is looked up in a table, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tui_migrate.model import PLACEHOLDERS

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


def mistakes(text: str) -> str:
    """What is wrong with the placeholders in a text, as the end of a sentence; empty when all are known."""
    unknown = dict.fromkeys(name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS)
    if not unknown:
        return ""
    said = ", ".join(f"{{{name}}}{_nearest(name)}" for name in unknown)
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    return f"has placeholders that there are not: {said}; known are {known}"


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the values in their places; what is no placeholder stays as it stands."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, PLACEHOLDERS, 1, 0.7)
    return f" (did you mean {{{near[0]}}}?)" if near else ""
