"""An authorization server (OAuth 2.0, RFC 6749) on loopback that checks what it is sent: Microsoft's, Google's,
or another one."""
