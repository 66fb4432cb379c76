"""What makes files of mail for the tests."""
