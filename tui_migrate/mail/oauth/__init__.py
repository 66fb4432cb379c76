"""Access tokens from those who give them: commands, Microsoft, Google, any other provider (OAuth 2.0, RFC 6749)."""
