"""Kinds of mailbox that only tests have: a whole move without a socket."""
