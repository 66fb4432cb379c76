"""`python -m tui_migrate` is `tui-migrate`."""

from tui_migrate.cli import main

main()
