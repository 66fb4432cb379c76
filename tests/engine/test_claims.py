"""What a lane has taken on: nothing of it may be forgotten, nor stand in the way of the next portion for good."""

from __future__ import annotations

from tui_migrate.engine.copying.claims import PortionClaims
from tui_migrate.engine.copying.portions import Portions
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import ListedFolder


def part(name: str, messages: int) -> ListedFolder:
    return ListedFolder(name.encode(), (name,), status=FolderStatus(messages, None, 1))


def test_a_portion_that_ends_without_a_listing_makes_room_for_the_next() -> None:
    """So it ends where another lane was refused the folder meanwhile."""
    claims = PortionClaims(
        Portions([[part("refused", 500)], [part("next", 500)]]), first=True, slow=True, at_first=2000
    )
    assert claims.take() == part("refused", 500)
    assert claims.take() is None  # enough to do
    claims.ended(b"refused")
    assert claims.take() == part("next", 500)
