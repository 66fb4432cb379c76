"""PST and OST files."""
