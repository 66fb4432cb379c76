"""Finding out whether a destination rewrites mail: by a few messages of each account and run."""

from __future__ import annotations

from tui_migrate.engine.copying.sample import HEADERS, Samples
from tui_migrate.engine.copying.tools import Tools
from tui_migrate.engine.copying.work import Work
from tui_migrate.errors import MailError
from tui_migrate.mail.protocols import MailDestination
from tui_migrate.model import Lesson, RemarkKind, Scope


def learn_rewriting(work: Work, tools: Tools, destination: MailDestination) -> None:
    """Compare what the run has kept as samples with what lies there. Raises MailError.

    Only of a server that changes headers is it learned: from then on mail with another header may be the same, and is
    not brought."""
    samples, work.samples = work.samples, Samples()
    try:
        changes = samples.compare(destination)
    except MailError as error:
        if error.scope is not Scope.FOLDER:
            raise
        return  # whatever is wrong with the folder is not found out here
    for what in changes:
        work.result.remarks.add(0, RemarkKind.REWRITTEN, what, messages=0)
    if any(what.startswith(HEADERS) for what in changes):
        tools.servers.experience.of(work.migration.destination).learn(Lesson.REWRITES, "; ".join(changes))
