"""What lies in ZIP and tar archives, for all kinds of files. Nothing that they say of themselves is trusted."""
