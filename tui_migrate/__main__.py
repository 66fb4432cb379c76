"""`python -m tui_migrate` is `tui-migrate`."""

from tui_migrate.loading import loading


def main() -> None:
    """The command line."""
    with loading():
        from tui_migrate.cli import main as command_line
    command_line()


if __name__ == "__main__":
    main()
