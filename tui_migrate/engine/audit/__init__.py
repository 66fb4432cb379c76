"""Looks at both ends before and after, and copies nothing."""
