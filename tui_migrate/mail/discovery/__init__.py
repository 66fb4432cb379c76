"""The servers of a mail domain, found by themselves: by what its DNS says, what its autoconfig says, whose customer it
is, and by the names that are usual. Whatever is found is tried, with its certificate verified; nobody logs in."""
