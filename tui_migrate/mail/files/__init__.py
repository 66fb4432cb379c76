"""Mailboxes that lie in files: what is common to all kinds of them."""
