"""Mailboxes that are read by Exchange Web Services."""
