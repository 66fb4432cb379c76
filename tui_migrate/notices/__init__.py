"""Notices as text: the template with its placeholders, an account's numbers for it, the summary, the mail itself."""
