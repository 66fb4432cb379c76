"""What several tests share: sample mail and helpers."""
