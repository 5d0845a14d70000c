"""`boxoffice`: all commands, and the one place that turns errors into sentences.

Exit codes: 0 done, 1 refused or failed with one sentence on standard error, 2 called
wrongly, 130 ended by Ctrl-C. A command imports what it needs when it runs, so that
help is quick.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import rich_click as click

from boxoffice.cli.exchanges import comps, exchange
from boxoffice.cli.logs import new_epoch
from boxoffice.cli.migrate import migrate
from boxoffice.cli.order_changes import CHANGES
from boxoffice.cli.orders import order
from boxoffice.cli.owed_refunds import OWED
from boxoffice.cli.plans import import_plan
from boxoffice.cli.programme import performance, production
from boxoffice.cli.promotions import comp_budget, promotion
from boxoffice.cli.replay import replay
from boxoffice.cli.sandbox import sandbox
from boxoffice.cli.seasons import import_season
from boxoffice.cli.serve import project, react, relay, serve
from boxoffice.cli.stack import stack
from boxoffice.cli.storm import storm
from boxoffice.cli.tokens import token
from boxoffice.cli.verify import verify
from boxoffice.errors import BoxOfficeError

FAILED = 1
INTERRUPTED = 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88}
)
@click.version_option(package_name="boxoffice", message="%(package)s %(version)s")
def boxoffice() -> None:
    """An event-sourced box office: facts stored once, everything else derived.

    Start with `boxoffice serve --demo`. Settings come from BOXOFFICE_* variables.
    """


for command in (
    serve,
    import_season,
    import_plan,
    production,
    performance,
    promotion,
    comp_budget,
    order,
    token,
    migrate,
    relay,
    project,
    react,
    replay,
    verify,
    storm,
    new_epoch,
    sandbox,
    stack,
):
    boxoffice.add_command(command)
for command in (*CHANGES, *OWED, exchange, comps):
    order.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; give its exit code."""
    try:
        code = boxoffice.main(
            list(arguments), prog_name="boxoffice", standalone_mode=False
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BoxOfficeError as error:
        return _say(error.detail)
    except OSError as error:
        return _say(_sentence(error))
    except Exception as error:  # noqa: BLE001 - nobody gets a stack trace
        kind = type(error).__name__
        return _say(f"This is a fault of boxoffice itself ({kind}: {error}).")
    return code if isinstance(code, int) else 0


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{reason}: {error.filename}." if error.filename else f"{reason}."


def _say(sentence: str) -> int:
    try:
        click.echo(f"boxoffice: {sentence}", err=True)
    except BrokenPipeError:
        os.close(2)
    return FAILED
