"""Copies one account: from connecting to the last window, with what its lanes share."""
