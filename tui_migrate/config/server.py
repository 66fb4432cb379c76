"""A mail server as a plan or a form describes it: one place that says what is right."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from tui_migrate.config.accounts import invisible_character
from tui_migrate.config.table import Table, nearest
from tui_migrate.model import DEFAULT_PORTS, AdminLogin, Protocol, Secret, Security, Server

SERVER_KEYS = ("protocol", "host", "port", "security", "max_connections", "path_prefix", "ca_file", "admin")
POP_SOURCE = "POP3 sources come in a later version; this one reads imap"
POP_DESTINATION = "POP3 cannot store mail; a destination is always imap"


def read_server(table: Table, pop_refusal: str, password: Callable[[Table], Secret]) -> Server:
    """The server in this table. `password` gives the one of the admin login, whose table it is handed."""
    protocol = table.text("protocol", Protocol.IMAP)
    if protocol != Protocol.IMAP:
        table.wrong("protocol", pop_refusal if protocol == Protocol.POP else "must be imap")
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
        security=security,
        port=table.number("port", DEFAULT_PORTS[Protocol.IMAP, security], highest=65535),
        max_connections=table.number("max_connections", 10),
        path_prefix=table.text("path_prefix"),
        ca_file=_ca_file(table),
        admin=_admin(table, password),
    )


def mistake_in_pair(source: Server, destination: Server) -> str:
    """What is wrong with the two together; empty when nothing is.

    A move within one server takes two of its connections, and with a limit of one it would wait for ever.
    """
    if source.key == destination.key and min(source.max_connections, destination.max_connections) < 2:
        return "must be at least 2 on both sides, because source and destination are the same server"
    return ""


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
