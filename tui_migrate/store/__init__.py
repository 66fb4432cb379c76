"""What is remembered: the only place with SQL. It knows no protocol."""
