"""An IMAP server in memory: one mixin for each group of commands."""
