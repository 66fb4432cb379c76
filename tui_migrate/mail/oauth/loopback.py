"""Where a browser is sent back to after a sign-in: a port of this machine, or what somebody pastes (RFC 8252)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

_SECONDS = 5.0
"""For one request to be sent: whoever is slower is no browser."""
_PAGE = """<!doctype html><meta charset="utf-8"><title>tui-migrate</title>
<p>{}</p>
"""
_DONE = "This is what tui-migrate was waiting for. You may close this window."
_OTHER = "This is not what tui-migrate is waiting for."

Fields = Mapping[str, str]


def fields_in(address: str) -> Fields:
    """What an address says behind its question mark; nothing where it is none."""
    try:
        return dict(parse_qsl(urlsplit(address.strip()).query))
    except ValueError:
        return {}


def belongs(fields: Fields, state: str) -> bool:
    """True for what comes back from a sign-in that was begun with this state."""
    return hmac.compare_digest(fields.get("state", "").encode(), state.encode()) and bool(
        fields.get("code") or fields.get("error")
    )


class Redirect(HTTPServer):
    """Listens on a free port of this machine, for nobody else. Answers in the thread that waits."""

    def __init__(self, name: str) -> None:
        """`name`: of this machine in its address, as the provider wants it."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.name = name
        self.state = ""
        self.found: Fields | None = None

    @property
    def address(self) -> str:
        """Where the browser is to be sent."""
        return f"http://{self.name}:{self.server_port}"

    def wait(self, state: str, seconds: float) -> Fields | None:
        """What came back with this state, in one request within so long; None where nothing has."""
        self.state, self.timeout = state, seconds
        self.handle_request()
        return self.found

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    """One request. Nothing of it is written down: it holds a code."""

    timeout = _SECONDS
    server: Redirect

    def do_GET(self) -> None:
        fields = fields_in(self.path)
        good = belongs(fields, self.server.state)
        if good:
            self.server.found = fields
        page = _PAGE.format(_DONE if good else _OTHER).encode()
        self.send_response(200 if good else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
        pass
