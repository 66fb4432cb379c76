"""Mailboxes that lie in files, written as other programs write them."""
