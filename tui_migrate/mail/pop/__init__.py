"""POP3 (RFC 1939), its extensions (RFC 2449) and STLS (RFC 2595)."""
