"""What a look at an account before it starts has come to: one result for each item, and the numbers behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class CheckItem(StrEnum):
    """What is looked at."""

    SOURCE_LOGIN = "source login"
    DESTINATION_LOGIN = "destination login"
    QUOTA = "quota"
    MESSAGE_SIZE = "message size"
    FOLDERS = "folder names"
    CONTENTS = "contents"
    """What there is to say of what lies there, beside numbers; absent where there is nothing."""

    @property
    def may_be_absent(self) -> bool:
        """True where there is no result unless there is something to say."""
        return self is CheckItem.CONTENTS

    @property
    def is_login(self) -> bool:
        """True for both logins."""
        return self in (CheckItem.SOURCE_LOGIN, CheckItem.DESTINATION_LOGIN)


class Verdict(StrEnum):
    """What is said of an item."""

    PASSED = "passed"
    WARNED = "warning"
    """Some messages or folders are concerned; the account may start."""
    FAILED = "failed"
    """The account does not start unless the admin waives it."""
    UNKNOWN = "unknown"
    """Nobody could say: neither a pass nor a failure."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One item of one account."""

    item: CheckItem
    verdict: Verdict
    sentence: str
    server_words: str = ""
    advice: str = ""
    error: str = ""
    """Kind of the error that was met; empty: none was."""


@dataclass(frozen=True, slots=True)
class Load:
    """What there is to copy of an account, without what the admin leaves out."""

    messages: int = 0
    octets: int = 0
    missing_messages: int = 0
    """Of those, what the journal does not have as arrived."""
    missing_octets: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """An account as it was when it was checked."""

    SAID: ClassVar[str] = "Check: "
    """What the reason begins with for which an account was not let start."""

    account_id: int
    at: float
    """Epoch seconds."""
    results: tuple[CheckResult, ...]
    """In the order of `CheckItem`: one of each that may not be absent."""
    load: Load | None = None
    """None: could not be counted, or not in full."""
    free: int | None = None
    """Bytes that the destination's quota leaves; None: the server does not tell."""
    too_large: int | None = None
    """Missing messages above the destination's limit for one; None: it has none, or does not tell."""
    folders: int = 0
    """Folders that do not get their own name, or may not be copied."""
    seconds: float | None = None
    """That it will take, at the speed of latest passes; None: they do not say enough for a figure."""
    basis: str = ""
    """What that figure stands on, or why there is none."""
    waived_by: str = ""
    waived_at: float | None = None

    def result(self, item: CheckItem) -> CheckResult:
        """The result of one item."""
        return next(each for each in self.results if each.item is item)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The results that hold it back, waived or not."""
        return tuple(each for each in self.results if each.verdict is Verdict.FAILED)

    @property
    def passes(self) -> bool:
        """True when both logins were accepted and no item fails."""
        logins = all(each.verdict is Verdict.PASSED for each in self.results if each.item.is_login)
        return logins and not self.failed

    @property
    def refusal(self) -> str:
        """Why the account does not start; empty when it may."""
        if self.waived_at is not None or not self.failed:
            return ""
        return f"{self.SAID}{' '.join(each.sentence for each in self.failed)}"

    def still_waived(self, before: Check | None) -> bool:
        """True when the admin has waived, at the look `before`, all that fails now."""
        if before is None or before.waived_at is None:
            return False
        return bool(self.failed) and {each.item for each in self.failed} <= {each.item for each in before.failed}
