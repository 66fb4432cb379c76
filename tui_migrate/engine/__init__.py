"""What is done: accounts run, folders planned, windows journaled, crashes reconciled. It joins mail and store."""
