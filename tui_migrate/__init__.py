"""tui-migrate moves whole mailboxes between mail servers, hundreds at a time, from a terminal."""

__version__ = "0.1.0"
