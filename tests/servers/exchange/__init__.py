"""Exchange Web Services on loopback: mailboxes with state in memory, behind SOAP over HTTPS."""
