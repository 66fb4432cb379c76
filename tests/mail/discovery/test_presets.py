"""What is known of providers: each value has a source and a day, and the page in docs says the same."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from tests.support.pages import ROOT
from tui_migrate.config.values import read_size
from tui_migrate.mail.discovery.names import is_host
from tui_migrate.mail.discovery.presets import FILE, SOURCE, of_domain, of_exchangers, presets
from tui_migrate.model import Security
from tui_migrate.model.discovery import Preset, WayIn

TABLES: dict[str, list[dict[str, Any]]] = tomllib.loads(FILE.read_text("utf-8"))
KEYS = {each.name for each in fields(Preset)} - {"name", "quirks"} | {"like", "quirk"}
IN_DOCS = {
    "Google": "Google Mail, Workspace",
    "Microsoft 365": "Exchange Online, Outlook",
    "Exchange": "Exchange on the premises",
    "Yahoo": "Yahoo, AOL",
    "AOL": "Yahoo, AOL",
    "iCloud": "iCloud",
    "Zoho": "Zoho",
    "Dovecot": "Hosters with Dovecot",
}


@pytest.mark.parametrize("name", TABLES)
def test_every_value_has_a_source_and_a_day(name: str) -> None:
    for table in TABLES[name]:
        assert table.keys() >= SOURCE
        assert table["by"].strip()
        assert isinstance(table["on"], date)
        assert table["on"] <= date.today()  # noqa: DTZ011 - a day of whoever wrote it
        assert table.keys() - SOURCE <= KEYS
        assert table.keys() - SOURCE, "a source that says nothing"
        for key in ("imap", "pop"):
            assert table.get(key, {"host": 0, "port": 0, "security": 0}).keys() == {"host", "port", "security"}
    said = [key for table in TABLES[name] for key in table if key not in SOURCE | {"quirk", "domains", "exchangers"}]
    assert len(said) == len(set(said)), "two sources say different things of it"


@pytest.mark.parametrize("preset", presets().values(), ids=lambda preset: preset.name)
def test_every_preset_can_be_used(preset: Preset) -> None:
    assert preset.domains or preset.exchangers or preset.greetings
    for each in (*preset.domains, *preset.exchangers):
        assert is_host(each.removeprefix(".")), each
    for place in filter(None, (preset.imap, preset.pop)):
        assert is_host(place.host.format(domain="a.example", exchanger="b.example"))
        assert place.security is not Security.NONE
    assert all(each.endswith(".") for each in preset.quirks)
    assert bool(preset.domains or preset.exchangers) == bool(preset.imap)


def test_those_that_must_be_known_are() -> None:
    known = "Google, Microsoft 365, Exchange, Yahoo, AOL, iCloud, Zoho, Fastmail, Yandex, GMX, WEB.DE, OVH, IONOS, "
    assert {*f"{known}Gandi, Migadu, Dovecot, Cyrus, Zimbra, cPanel".split(", ")} <= presets().keys()


def test_each_domain_is_of_one_provider() -> None:
    domains = [each for preset in presets().values() for each in (*preset.domains, *preset.exchangers)]
    twice = {each for each in domains if domains.count(each) > 1}
    assert twice <= {"googlemail.com", "migadu.com"}
    assert of_domain("example.onmicrosoft.com")
    assert not of_domain("onmicrosoft.com.example")


def test_the_longest_ending_counts_and_only_whole_labels() -> None:
    def whose(host: str) -> list[str]:
        return [each.server.host for each in of_exchangers([host], "a.example")]

    assert whose("example.mail.protection.outlook.com")[0] == "outlook.office365.com"
    assert whose("mx00.ionos.co.uk") == ["imap.ionos.co.uk"]
    assert whose("cpanelemaildiscovery.cpanel.net") == ["mail.a.example", "mail.a.example"]
    assert whose("notgoogle.com") == whose("google.com.example") == []


def test_what_is_like_another_has_its_limits_and_hosts_of_its_own() -> None:
    yahoo, aol = presets()["Yahoo"], presets()["AOL"]
    assert (aol.account_connections, aol.quirks, aol.ways_in) == (2, yahoo.quirks, yahoo.ways_in)
    assert not {*aol.domains} & {*yahoo.domains}
    assert aol.imap != yahoo.imap


@pytest.mark.parametrize(("name", "row"), IN_DOCS.items())
def test_the_page_of_limits_says_the_same(name: str, row: str) -> None:
    page = (ROOT / "docs" / "limits-of-providers.md").read_text("utf-8")
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {row} |"))
    _, _, ways, _, said, _ = line.split("|")
    preset = presets()[name]
    sizes = [read_size(each) for each in re.findall(r'"([\d ]+MB)"', said)]
    assert sizes == [each for each in (preset.source_bytes_per_day, preset.destination_bytes_per_day) if each]
    number = re.search(r"account_connections = (\d+)", said)
    assert (int(number[1]) if number else 0) == preset.account_connections
    assert all(each.value.removeprefix("app ") in ways for each in preset.ways_in if each is not WayIn.OAUTH)
    assert ("OAuth" in ways) >= (preset.ways_in == (WayIn.OAUTH,))
