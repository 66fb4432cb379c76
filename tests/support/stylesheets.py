"""Styles that are parsed once for all dashboards of a process: the program opens one in its life, the tests many.
Textual knows a rule by its identity, but asks for that in Python, millions of times: here it is asked for in C.
"""

from __future__ import annotations

from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_PARSED: dict[Any, Any] = {}
"""By the text, where it is from, and the variables that it was parsed with."""


def share_stylesheets() -> None:
    """From now on, in this process."""
    parse = Stylesheet._parse_rules

    def parsed(sheet: Stylesheet, *arguments: Any, **options: Any) -> Any:
        key = (arguments, frozenset(options.items()), frozenset(sheet._variables.items()))
        if key not in _PARSED:
            _PARSED[key] = parse(sheet, *arguments, **options)
        return _PARSED[key]

    Stylesheet._parse_rules = parsed  # type: ignore[assignment,method-assign]
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]
