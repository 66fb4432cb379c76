"""Speaking with mail servers: the only place with sockets, TLS and imapclient. It knows no store, no engine,
no screen."""

import logging

logging.getLogger("tui_migrate").addHandler(logging.NullHandler())
"""Where no engine writes a log, as under the dashboard, nothing of it may reach the terminal."""
