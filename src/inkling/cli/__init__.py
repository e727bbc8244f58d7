"""The command `inkling`: one module per subcommand, imported on demand."""

from __future__ import annotations

import importlib
import sys

import click

from inkling.errors import InklingError
from inkling.quiet import quiet_decoders

COMMANDS = (
    "read",
    "form",
    "merge",
    "teach",
    "hands",
    "serve",
    "site",
    "train",
    "sweep",
    "evaluate",
    "report",
    "export",
    "models",
    "data",
    "doctor",
)


class LazyGroup(click.Group):
    """A group that loads the subcommand NAME from `inkling.cli.NAME.command` on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"inkling.cli.{cmd_name}").command
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inkling-digits")
def group() -> None:
    """Read handwritten digits, with a confidence and an explanation.

    \b
    Start here:
      inkling serve              draw a digit in the browser
      inkling read photo.jpg     read a picture
    """
    quiet_decoders()


def main() -> None:
    """Entry point. For an InklingError, prints its message to stderr and exits with status 1."""
    try:
        group()
    except InklingError as error:
        click.echo(f"inkling: {error}", err=True)
        sys.exit(1)
