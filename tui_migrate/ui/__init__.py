"""The dashboard: screens in a terminal, on top of the service. It copies no mail and waits for no server."""
