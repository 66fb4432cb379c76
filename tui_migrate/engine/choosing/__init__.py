"""Which folder goes where, and which messages go at all. Pure."""
