"""What is seen of a Maildir before it is trusted with a migration."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.mail.maildir.reading import make_folder, put
from tui_migrate.errors import FilesMissing, PathRefused
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.maildir.archive import MaildirArchive
from tui_migrate.mail.probe import probe
from tui_migrate.model import Login, Secret, Side
from tui_migrate.model.kinds.maildir import MaildirServer

ANN = Login("ann", Secret(""))


def findings(server: MaildirServer, side: Side) -> dict[str, str]:
    seen = probe(server, ANN)
    assert (seen.reached, seen.refusal) == (True, "")
    return dict(seen.findings(side))


def test_how_many_messages_there_are(tmp_path: Path) -> None:
    server = MaildirServer(folder=str(tmp_path))
    put(make_folder(tmp_path / "ann"), "cur/1600000000.1.host:2,S")
    put(make_folder(tmp_path / "ann" / ".Sent"), "new/1600000000.2.host")
    for side in Side:
        assert findings(server, side)["Mailbox"] == "✔ 2 messages"


def test_what_is_not_there_yet_is_made_where_mail_goes_alone(tmp_path: Path) -> None:
    server = MaildirServer(folder=str(tmp_path))
    assert findings(server, Side.SOURCE)["Mailbox"] == "✘ is not there"
    assert findings(server, Side.DESTINATION)["Mailbox"].startswith("✔ is not there yet")
    assert not [*tmp_path.iterdir()]
    open_destination(server, ANN).close()
    assert not [*tmp_path.iterdir()]
    with pytest.raises(FilesMissing):
        open_source(server, ANN)


def test_what_is_no_maildir_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    assert "no Maildir" in probe(MaildirServer(folder=str(tmp_path)), ANN).refusal
    nowhere = MaildirServer(folder=str(tmp_path / "nowhere"))
    assert "no folder" in probe(nowhere, ANN).refusal
    with pytest.raises(FilesMissing):
        open_destination(nowhere, ANN)


def test_a_name_leads_to_no_other_place(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    with pytest.raises(PathRefused):
        open_destination(MaildirServer(folder=str(tmp_path / "mail")), Login("../ann", Secret("")))


def test_that_a_copy_has_lost_the_dates_is_said(tmp_path: Path) -> None:
    make_folder(tmp_path)
    put(tmp_path, "cur/1500000000.1.host:2,", time=1_600_000_000)
    put(tmp_path, "cur/1600000000.1.host:2,", time=1_600_000_000)
    with closing(MaildirArchive(tmp_path)) as archive:
        ((label, told),) = archive.remarks()
    assert label == "Dates"
    assert "1 of 2 messages" in told
