"""What a server does otherwise than its RFC says, as values: a server takes a list of them, a seed can draw one."""
