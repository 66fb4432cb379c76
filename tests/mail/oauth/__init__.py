"""Tokens from those who give them."""
