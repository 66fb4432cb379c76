"""The dashboard, driven by keys and compared as text, on a real service with a real store."""
