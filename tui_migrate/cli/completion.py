"""Completion of the command line in shells: click knows the commands, this prints the script that asks it."""

from __future__ import annotations

import click

from tui_migrate.cli.output import say_all

PROGRAM = "tui-migrate"
VARIABLE = "_TUI_MIGRATE_COMPLETE"
"""In which the script says what it wants to know: click derives the same name from the program's."""
SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog="bash: into ~/.local/share/bash-completion/completions/tui-migrate. "
    "zsh: into a file _tui-migrate in a folder of $fpath. fish: into ~/.config/fish/completions/tui-migrate.fish."
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes commands, options and files of tui-migrate.

    Write it into the file that the shell looks for, and open a new shell.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # click knows all that `SHELLS` names
    made = kind(context.find_root().command, {}, PROGRAM, VARIABLE)
    say_all(made.source().splitlines())
