"""Passwords, keys and tokens, as they go from hand to hand."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A password. Its text leaves only through `reveal`; printing,
    formatting and comparing by accident show nothing."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The password itself, for the protocol code and the vault."""
        return self._text

    @property
    def is_lost(self) -> bool:
        """True for a password that is stored and does not open."""
        return False

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__
