"""The manual page, in the language of man(7), from what the commands declare of themselves.

`python -m tui_migrate.cli.manual` writes it to stdout. One page for all commands: a reader can search it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from tui_migrate import __version__
from tui_migrate.cli.completion import PROGRAM


def manual_page(root: click.Group) -> str:
    """The page of a program, with a section for each of its commands that is not hidden."""
    context = click.Context(root, info_name=PROGRAM, **root.context_settings)
    about = _paragraphs(root.help)
    name = about[0].partition(".")[0] if about else ""
    lines = [
        f'.TH {_text(PROGRAM.upper())} 1 "" "{_text(f"{PROGRAM} {__version__}")}" "User Commands"',
        ".SH NAME",
        f"{_text(PROGRAM)} \\- {_text(name[:1].lower() + name[1:])}",
        ".SH SYNOPSIS",
        *_usage(context),
        ".SH DESCRIPTION",
        *_body(about),
        ".SH OPTIONS",
        *_options(context, root.get_params(context)),
        ".SH COMMANDS",
    ]
    for word in root.list_commands(context):
        command = root.get_command(context, word)
        if command is not None and not command.hidden:
            lines += _command(click.Context(command, info_name=word, parent=context))
    return "\n".join(lines) + "\n"


def _command(context: click.Context) -> Iterator[str]:
    command = context.command
    yield f'.SS "{_text(context.info_name or "")}"'
    yield from _usage(context)
    yield ".PP"
    yield from _body(_paragraphs(command.help))
    yield from _options(context, command.params)
    yield from (line for each in _paragraphs(command.epilog) for line in (".PP", _text(each)))


def _usage(context: click.Context) -> Iterator[str]:
    yield f".B {_text(context.command_path)}"
    yield _text(" ".join(context.command.collect_usage_pieces(context)))


def _options(context: click.Context, parameters: Iterable[click.Parameter]) -> Iterator[str]:
    """The options that are shown in a command's help; arguments stand in its usage."""
    for each in parameters:
        if isinstance(each, click.Option) and (record := each.get_help_record(context)):
            spelled, meaning = record
            yield from (".TP", f"\\fB{_text(spelled)}\\fR", _text(meaning))


def _body(paragraphs: Iterable[str]) -> Iterator[str]:
    for number, each in enumerate(paragraphs):
        if number:
            yield ".PP"
        yield _text(each)


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(each.split()) for each in (text or "").split("\n\n")]


def _text(plain: str) -> str:
    """Text as it is: no word of it is taken for a request or an escape, and a hyphen can be copied into a shell."""
    escaped = plain.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    from tui_migrate.cli import main

    click.echo(manual_page(main), nl=False)
