"""Real mail servers and lying middlemen on loopback, for tests and benchmarks."""
