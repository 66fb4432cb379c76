"""Maildirs: a file for each message, read and written in place, beside whatever server or program has them too."""
