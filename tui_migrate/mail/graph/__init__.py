"""Mailboxes at Microsoft 365, read by Microsoft Graph."""
