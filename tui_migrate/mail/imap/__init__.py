"""IMAP (RFC 3501, RFC 9051): IMAPClient connects and logs in,
our own pipelined wire moves the mail on the same socket."""
