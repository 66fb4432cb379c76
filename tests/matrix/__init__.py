"""Every mail server that Debian 12 and PyPI have, as source and as destination of every other: `make matrix`."""
