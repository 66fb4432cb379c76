"""Servers found by themselves, for a first try and for the form; and the migration that is made of two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from tui_migrate.config import form, typed
from tui_migrate.config.plan import Plan
from tui_migrate.mail.discovery.find import find
from tui_migrate.mail.prove import prove
from tui_migrate.model import (
    AccountSpec,
    LoginKind,
    MigrationSpec,
    NetworkServer,
    Secret,
    Server,
    Side,
    TokenLogin,
    server_settings,
)
from tui_migrate.model.declared import Section
from tui_migrate.model.discovery import Discovery, Found
from tui_migrate.model.tokens import Provider, SignIn
from tui_migrate.service.mailboxes import Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import migrations

__all__ = ["Discovering", "Discovery", "Found"]

_PLACE = ("host", "security", "port", "url_path")


class Discovering:
    """Looks for the servers of mail domains. What is found is shown before anything is sent a password."""

    def __init__(self, store: OpenStore, mailboxes: Mailboxes) -> None:
        self._store = store
        self._mailboxes = mailboxes

    def way(self, proxy: str, ca_file: str) -> NetworkServer:
        """A server that is reached by this proxy, and trusted by this private CA; neither, where they are empty. Raises
        BadInput."""
        side = Side.SOURCE
        said = {"host": "any.example", "proxy": proxy, "ca_file": ca_file}
        texts = form.write_form(None) | {f"{side}.{key}": text for key, text in said.items()}
        server, _ = form.read_trial(side, texts, {}, None)
        assert isinstance(server, NetworkServer)
        return server

    def find(self, address: str, side: Side, like: NetworkServer | None = None) -> Discovery:
        """The servers of this address's domain, by the way of another one. Waits for them, half a minute at worst;
        nobody logs in. Raises MailError for what is no mail domain."""
        return find(address, side, like)

    def find_for_form(
        self, side: Side, texts: Mapping[str, str], passwords: Mapping[str, Secret], migration_id: int | None = None
    ) -> Discovery:
        """The servers of the mail domain, or of the address, that is typed in one side's host, by the proxy and with
        the private CA that are typed beside it. Raises BadInput as `Migrations.read_form` does, and MailError."""
        own = None
        if migration_id is not None:
            with self._store.read() as connection:
                own = migrations.get(connection, migration_id, self._store.vault)
        typed_in = texts[f"{side}.host"].strip()
        trial = {**texts, f"{side}.host": typed_in.rpartition("@")[2], f"{side}.trial.user": ""}
        like, _ = form.read_trial(side, trial, passwords, own)
        return find(typed_in, side, like if isinstance(like, NetworkServer) else None)

    def texts(self, side: Side, found: Found, typed_in: str) -> dict[str, str]:
        """What the fields of a form are to say of a server that was found by what was typed in its host."""
        known = typed.texts(server_settings(side), found.server)
        limits = {
            each.key: known[each.key]
            for each in server_settings(side)
            if each.section is Section.LIMITS and getattr(found.server, each.name, each.default) != each.default
        }
        said = {"protocol": found.server.kind_name, **{key: known[key] for key in _PLACE if key in known}, **limits}
        if "@" in typed_in:
            said["trial.user"] = found.user(typed_in.strip())
        if found.by_token:
            said["login"] = LoginKind.TOKEN
        return {f"{side}.{key}": text for key, text in said.items()}

    def prove(self, side: Side, found: Found, address: str, password: Secret) -> None:
        """Log in and out with a password. Raises MailError."""
        server = found.server
        with self._mailboxes.slots.hold(server):
            prove(side, server, server.login(found.user(address), password))

    def by_code(self, found: Found, client_id: str) -> Found:
        """The server, with a login for which somebody enters a code in a browser; `client_id`: of the admin's app."""
        assert found.preset is not None
        token = TokenLogin(provider=Provider(found.preset.tokens), sign_in=SignIn.DEVICE, client_id=client_id)
        return replace(found, server=replace(found.server, token=token))

    def plan(
        self, addresses: tuple[str, str], chosen: tuple[Found, Found], passwords: tuple[Secret, Secret | None]
    ) -> Plan:
        """One mailbox, from one address to the other. What is stored of such a migration already is kept, but for its
        servers where they are others. `passwords`: None is the same as at the source."""
        title = " to ".join(addresses)
        source, destination = (found.server for found in chosen)
        with self._store.read() as connection:
            migration_id = migrations.titled(connection, title)
            known = migrations.get(connection, migration_id, self._store.vault) if migration_id is not None else None
        if known is None:
            spec = MigrationSpec(title=title, source=source, destination=destination)
        else:
            kept = {each.name: getattr(known, each.name) for each in fields(MigrationSpec)}
            ends = {"source": _kept(known.source, source), "destination": _kept(known.destination, destination)}
            spec = MigrationSpec(**{**kept, **ends})
        users = [found.user(address) for found, address in zip(chosen, addresses, strict=True)]
        account = AccountSpec(users[0], passwords[0], users[1], passwords[1])
        return Plan(spec, (account,), Path(title))


def _kept(known: Server, found: Server) -> Server:
    """The server with its settings as they are stored, where it is the same one."""
    return known if known.bond == found.bond and known.token == found.token else found
