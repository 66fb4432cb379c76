"""A double of the mail part of Microsoft Graph, with a mailbox that changes."""
