"""Whose turn it is: who may run now, with how many connections, and when again."""
