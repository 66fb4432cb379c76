"""Mailboxes that lie in mbox files (RFC 4155, and what programs make of it)."""
