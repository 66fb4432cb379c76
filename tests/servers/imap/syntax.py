"""The grammar of IMAP commands (RFC 3501 section 9), read strictly, and of what is said to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    rb'(?P<space> +)|(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\\r\n]|\\["\\])*)"|~?\{(?P<literal>\d+)\+?\}'
    rb'|(?P<atom>(?:[^\s()"{\[]|\[[^\]]*\])+)'
)
_ESCAPED = re.compile(rb"\\(.)")


class Refusal(Exception):
    """Ends a command: `words` is its tagged reply without the tag."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Literal(bytes):
    """A string that came as a literal."""


Token = bytes | list["Token"]
"""An atom or a string, or what stood in parentheses."""


@dataclass(frozen=True, eq=False)
class ImapCommand:
    """What a client asked for."""

    tag: bytes
    text: bytes
    literals: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        """In upper case, such as `APPEND` or `UID FETCH`."""
        words = self.text.decode("latin-1").upper().split(" ")
        return " ".join(words[: 2 if words[0] == "UID" else 1])

    def arguments(self) -> list[Token]:
        """What stands behind the name. Raises: Refusal for what is no IMAP."""
        stack: list[list[Token]] = [[]]
        literals = iter(self.literals)
        text = self.text[len(self.name) :]
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise Refusal("BAD syntax error")
            at = found.end()
            _take(found, stack, next(literals) if found.lastgroup == "literal" else b"")
        if len(stack) != 1:
            raise Refusal("BAD parentheses do not match")
        return stack[0]


def _take(found: re.Match[bytes], stack: list[list[Token]], literal: bytes) -> None:
    match found.lastgroup:
        case "open":
            inner: list[Token] = []
            stack[-1].append(inner)
            stack.append(inner)
        case "close":
            if len(stack) == 1:
                raise Refusal("BAD parentheses do not match")
            stack.pop()
        case "quoted":
            stack[-1].append(_ESCAPED.sub(rb"\1", found["quoted"]))
        case "literal":
            stack[-1].append(Literal(literal))
        case "atom":
            stack[-1].append(found["atom"])


def text_of(token: Token | None) -> str:
    """A string, an octet a character. Raises: Refusal when it is missing, or a list."""
    if not isinstance(token, bytes):
        raise Refusal("BAD a string was expected")
    return token.decode("latin-1")


def words_of(token: Token | None) -> list[str]:
    """A list of strings, or one without parentheses. Raises: Refusal."""
    return [text_of(each) for each in token] if isinstance(token, list) else [text_of(token)]


def argument(arguments: list[Token], at: int) -> Token | None:
    """An argument that may be missing."""
    return arguments[at] if at < len(arguments) else None


def quoted(name: str) -> bytes:
    """A string as it is said: quoted, or as a literal where quotes cannot hold it."""
    raw = name.encode("latin-1")
    if re.search(rb"[\r\n\0\x80-\xff]", raw):
        return literal(raw)
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(octets: bytes) -> bytes:
    """RFC 3501 section 4.3."""
    return b"{%d}\r\n" % len(octets) + octets


class NumberSet:
    """Sequence numbers or UIDs as a client names them, `*` being the largest. Raises: Refusal."""

    def __init__(self, text: str, largest: int) -> None:
        self._ranges: list[tuple[int, int]] = []
        for part in text.split(","):
            if not re.fullmatch(r"(\d+|\*)(:(\d+|\*))?", part):
                raise Refusal("BAD no sequence set")
            ends = [largest if end == "*" else int(end) for end in part.split(":")]
            self._ranges.append((min(ends), max(ends)))

    def __contains__(self, number: int) -> bool:
        return any(low <= number <= high for low, high in self._ranges)


def format_set(numbers: list[int]) -> str:
    """In this order, runs as ranges."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join(":".join(map(str, run)) for run in runs)
