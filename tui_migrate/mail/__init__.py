"""Speaking with mail servers: the only place with sockets, TLS and imapclient. It knows no store, no engine,
no screen."""
