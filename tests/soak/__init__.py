"""Random scenarios through the real engine: mailboxes, servers that err, kills; and one oracle that judges them.

`python -m tests.soak SEED` replays a seed and shrinks it when it fails; `make soak` runs as many as one likes.
"""
