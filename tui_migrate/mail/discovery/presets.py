"""What is known of providers and of server software (presets.toml, read when it is first asked)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tui_migrate.model import ImapServer, NetworkServer, PopServer, Security, Side
from tui_migrate.model.discovery import Found, Place, Preset, Way, WayIn

FILE = Path(__file__).with_name("presets.toml")
SOURCE = {"by", "on"}
"""Of every table."""
_LISTS = {"domains", "exchangers", "greetings"}
_OWN = {"name", "domains", "exchangers"}
"""What one that is like another does not have of it."""
_KINDS: Mapping[str, type[ImapServer] | type[PopServer]] = {"imap": ImapServer, "pop": PopServer}

S = TypeVar("S", bound=NetworkServer)


@cache
def presets() -> Mapping[str, Preset]:
    """All, by name."""
    with FILE.open("rb") as file:
        tables: Mapping[str, Sequence[Mapping[str, Any]]] = tomllib.load(file)
    made: dict[str, Preset] = {}
    for name, said in tables.items():
        like = next((each["like"] for each in said if "like" in each), None)
        made[name] = _preset(name, said, made[like] if like else Preset(name))
    return made


def of_domain(domain: str) -> list[Found]:
    """The servers of the provider whose own domain this is."""
    return [
        found
        for preset in presets().values()
        if any(domain == each or (each[0] == "." and domain.endswith(each)) for each in preset.domains)
        for found in _servers(preset, Way.PROVIDER, domain, domain)
    ]


def of_exchangers(hosts: Iterable[str], domain: str, way: Way = Way.MX) -> list[Found]:
    """The servers of the providers that take mail at these hosts for this domain."""
    return [
        found
        for host in hosts
        if (known := _ending(host)) is not None
        for found in _servers(known[0], way, domain, host, known[1])
    ]


def of_server(server: NetworkServer, greeting: str) -> Preset | None:
    """Whose server it is, by its name; else what software, by its greeting."""
    for preset in presets().values():
        if any(place and place.host == server.host for place in (preset.imap, preset.pop)):
            return preset
    said = (each for each in presets().values() if any(words in greeting for words in each.greetings))
    return next(said, None)


def within(server: S, preset: Preset, side: Side) -> S:
    """The server, with the limits that are known for it on this side."""
    known: dict[str, Any] = {"max_connections": preset.max_connections}
    if isinstance(server, PopServer):
        known["bytes_per_day"] = preset.pop_bytes_per_day
    else:
        source = side is Side.SOURCE
        known["bytes_per_day"] = preset.source_bytes_per_day if source else preset.destination_bytes_per_day
        known["account_connections"] = preset.account_connections
    return replace(server, **{name: number for name, number in known.items() if number})


def _ending(host: str) -> tuple[Preset, str] | None:
    """Whose host it is, and by which ending: the longest."""
    known = (
        (len(ending), preset, ending)
        for preset in presets().values()
        for ending in preset.exchangers
        if host == ending or host.endswith(f".{ending}")
    )
    _, preset, ending = max(known, key=lambda each: each[0], default=(0, None, ""))
    return (preset, ending) if preset else None


def _servers(preset: Preset, way: Way, domain: str, said_by: str, exchanger: str = "") -> Iterator[Found]:
    for place, kind in ((preset.imap, ImapServer), (preset.pop, PopServer)):
        if place is not None:
            host = place.host.format(domain=domain, exchanger=exchanger)
            own = preset.local_part and way is Way.PROVIDER
            yield Found(kind(host, security=place.security, port=place.port), way, said_by, own, preset)


def _preset(name: str, said: Iterable[Mapping[str, Any]], like: Preset) -> Preset:
    """One provider, of what its sources say."""
    own = {each.name: each.default for each in fields(Preset) if each.name in _OWN}
    values: dict[str, Any] = {**own, "name": name}
    quirks = list(like.quirks)
    for table in said:
        for key, value in table.items():
            match key:
                case "imap" | "pop":
                    values[key] = Place(value["host"], value["port"], Security(value["security"]))
                case "ways_in":
                    values[key] = tuple(WayIn(each) for each in value)
                case "quirk":
                    quirks.append(value)
                case _ if key in _LISTS:
                    values[key] = (*values.get(key, ()), *value)
                case _ if key not in SOURCE | {"like"}:
                    values[key] = value
    return replace(like, **values, quirks=tuple(quirks))
