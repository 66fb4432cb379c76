"""A POP3 server in memory."""
