"""A mail server as a plan or a form describes it: one place that says what is right."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Callable, Iterator

from tui_migrate.config.accounts import invisible_character
from tui_migrate.config.table import Table, nearest
from tui_migrate.config.values import read_blackout, read_size
from tui_migrate.model import DEFAULT_PORTS, AdminLogin, Blackout, Protocol, Secret, Security, Server, TokenLogin

SERVER_KEYS = (
    "protocol",
    "host",
    "port",
    "security",
    "max_connections",
    "account_connections",
    "bytes_per_second",
    "messages_per_second",
    "bytes_per_day",
    "blackouts",
    "path_prefix",
    "ca_file",
    "admin",
    "oauth",
)
POP_DESTINATION = "POP3 cannot store mail; a destination is always imap"


def read_server(table: Table, pop_refusal: str, password: Callable[[Table], Secret]) -> Server:
    """The server in this table. `pop_refusal`: why it cannot be a POP server, empty where it can. `password` gives the
    one of the admin login, whose table it is handed."""
    protocol = _protocol(table, pop_refusal)
    security = Security.TLS
    wanted = table.text("security", security)
    if wanted in list(Security):
        security = Security(wanted)
    else:
        table.wrong("security", f"must be tls, starttls or none{nearest(wanted, Security)}")
    host = table.text("host", required=True)
    # One colon is a port; an IPv6 address has two or more.
    if re.search(r"[\s/@\[\]]", host) or (":" in host and not _is_address(host)):
        table.wrong("host", "must be a host name or an address alone; the port has a place of its own")
    return Server(
        host=host,
        protocol=protocol,
        security=security,
        port=table.number("port", DEFAULT_PORTS[protocol, security], highest=65535),
        max_connections=table.number("max_connections", 10),
        path_prefix=table.text("path_prefix"),
        ca_file=_ca_file(table),
        admin=_admin(table, password),
        token=_token(table),
        account_connections=table.number("account_connections", 3),
        bytes_per_second=table.parsed("bytes_per_second", read_size, 0),
        messages_per_second=table.number("messages_per_second", 0, lowest=0),
        bytes_per_day=table.parsed("bytes_per_day", read_size, 0),
        blackouts=tuple(_blackouts(table)),
    )


def _protocol(table: Table, pop_refusal: str) -> Protocol:
    wanted = table.text("protocol", Protocol.IMAP)
    if wanted not in list(Protocol):
        table.wrong("protocol", "must be imap" if pop_refusal else "must be imap or pop")
    elif wanted == Protocol.POP and pop_refusal:
        table.wrong("protocol", pop_refusal)
    elif wanted == Protocol.POP:
        if table.values.get("path_prefix"):
            table.wrong("path_prefix", "must be empty with pop, which has no folders")
        return Protocol.POP
    return Protocol.IMAP


def mistake_in_pair(source: Server, destination: Server) -> str:
    """What is wrong with the two together; empty when nothing is.

    A move within one server takes two of its connections, and with a limit of one it would wait for ever.
    """
    if source.key == destination.key and min(source.max_connections, destination.max_connections) < 2:
        return "must be at least 2 on both sides, because source and destination are the same server"
    return ""


def _blackouts(table: Table) -> Iterator[Blackout]:
    """Every wrong line is told with its number."""
    for number, text in enumerate(table.texts("blackouts"), 1):
        try:
            yield read_blackout(text)
        except ValueError as error:
            table.wrong("blackouts", f"number {number} {error}")


def _token(server: Table) -> TokenLogin | None:
    if "oauth" not in server.values:
        return None
    if "admin" in server.values:
        server.wrong("oauth", "cannot stand beside an admin login: one of them logs in")
    table = server.table("oauth", "token_command")
    command = table.text("token_command", required=True)
    if command and not _words(command):
        table.wrong("token_command", "has quotation marks that do not match")
    elif command and "{user}" in _words(command)[0]:
        table.wrong("token_command", "must begin with a program: a user's name cannot be one")
    return TokenLogin(command)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ca_file(table: Table) -> str:
    found = table.file("ca_file")
    if found is None:
        return ""
    path, pem = found
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        table.wrong("ca_file", f"{path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
    return str(path)


def _admin(server: Table, password: Callable[[Table], Secret]) -> AdminLogin | None:
    if "admin" not in server.values:
        return None
    table = server.table("admin", "user", "password_file", "style")
    user = table.text("user", required=True)
    if code := invisible_character(user):
        table.wrong("user", f"has an invisible character in it ({code})")
    style = table.text("style", "authzid")
    if not re.fullmatch(r"authzid|separator:[^\w\s]", style):
        table.wrong("style", "must be authzid, or separator: and one sign that is no letter, as in separator:*")
    return AdminLogin(user, password(table), style)
