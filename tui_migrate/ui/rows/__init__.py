"""What stands in the tables, row by row, and how it is filtered. Pure."""
