"""The encodings that an admin chooses among: by names, never by passwords, and only where they cannot be told."""

from __future__ import annotations

import codecs

import pytest

from tui_migrate.config.accounts import parse_accounts
from tui_migrate.config.readings import readings
from tui_migrate.errors import BadInput

LIST = "Source,Password,Destination\nandré,pé,andré\nbob,pw,bob\nzoë,geheim€,zoë\n"


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_the_right_one_is_among_them_with_the_names_as_they_are(encoding: str) -> None:
    found = {each.encoding: each.users for each in readings(LIST.encode(encoding), "a.csv")}
    assert found[encoding] == ("andré", "zoë")
    assert len(found) > 5
    accounts = parse_accounts(LIST.encode(encoding), "a.csv", encoding=encoding)
    assert [each.source_password.reveal() for each in accounts] == ["pé", "pw", "geheim€"]


def test_the_best_known_is_the_first() -> None:
    assert readings(LIST.encode("cp1252"), "a.csv")[0].encoding == "cp1252"


@pytest.mark.parametrize(
    "data",
    [
        LIST.encode(),
        codecs.BOM_UTF8 + LIST.encode(),
        LIST.encode("utf-16"),
        LIST.encode("utf-16-le"),
        b"Source,Password,Destination\nu,p,u\n",
    ],
)
def test_nothing_is_asked_where_the_encoding_is_known(data: bytes) -> None:
    assert readings(data, "a.csv") == []


def test_no_password_is_part_of_a_reading() -> None:
    data = "Source,Password,Destination\nanna,gehéim,anna\nbob,gehéim,bob,\n".encode("cp1252")
    found = readings(data, "a.csv")
    assert found
    assert {each.users for each in found} == {()}
    assert "geh" not in repr(found)


def test_each_reading_is_another_one() -> None:
    data = "Source,Password,Destination\nandré,p,andré\n".encode("cp1252")
    texts = [data.decode(each.encoding) for each in readings(data, "a.csv")]
    assert len(set(texts)) == len(texts)


def test_headings_in_it_are_asked_about_too() -> None:
    data = "Source,Password,Destination,Prioritë\nandré,p,andré,1\n".encode("cp1252")
    assert readings(data, "a.csv") == [], "none in which the headings are known"
    with pytest.raises(BadInput, match="workbook"):
        readings(b"PK\x03\x04\x14", "a.csv")
