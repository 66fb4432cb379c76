"""What the admin gives in files: plans (TOML), account lists (CSV), and where our own files lie."""
