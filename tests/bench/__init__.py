"""How long tui-migrate takes beside mbsync, dsync and imapsync: `make bench`. It measures, and is no test."""
