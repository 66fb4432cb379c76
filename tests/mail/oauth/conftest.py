"""What most tests of tokens begin with: who gives them, where grants are kept, and the mail server they are for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates
from tests.support.oauth import Authority, authority_here, grants_in
from tui_migrate.model import ImapServer
from tui_migrate.store.grants import StoredGrants


@pytest.fixture
def authority(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    with authority_here(certificates, monkeypatch) as server:
        yield server


@pytest.fixture
def grants(tmp_path: Path) -> Iterator[StoredGrants]:
    """Nobody has signed in."""
    with grants_in(tmp_path) as found:
        yield found


@pytest.fixture
def like(certificates: Certificates) -> ImapServer:
    return ImapServer("imap.example", ca_file=str(certificates.ca_file))
