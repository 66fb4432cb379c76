"""Files that were harmed, for every reader of files: only errors that an admin can read come out, and soon.

`test_harmed.py` draws harm with hypothesis; `python -m tests.fuzz` lets atheris look for it, led by the
code that it reaches.
"""
