"""What has been built for a release, installed as an admin would and looked at: `python -m tests.wheel DIST`."""
