"""The command `inkling`. One file a command; each is imported only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from inkling.errors import InklingError
from inkling.silence import quiet_decoders

COMMANDS = ("read", "serve", "train", "sweep", "evaluate", "report", "models", "data", "doctor")


class LazyGroup(click.Group):
    """Imports `inkling.cli.NAME` and takes its `command` when NAME is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"inkling.cli.{cmd_name}").command
        return command


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inkling")
def group() -> None:
    """Reads handwritten digits, says how sure it is, and shows why.

    \b
    Start here:
      inkling serve              draw a digit in the browser
      inkling read photo.jpg     read a picture
    """
    quiet_decoders()


def main() -> None:
    """Entry point: an InklingError leaves as one sentence on stderr and exit status 1."""
    try:
        group()
    except InklingError as error:
        click.echo(f"inkling: {error}", err=True)
        sys.exit(1)
