"""Mailboxes that are reached by HTTP (RFC 9110)."""
