"""inkling site: the pages as a folder that any static host serves."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("site")
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--address", default="", help="Where it will be opened, as in https://example.org/inkling; for previews.")
def command(folder: Path, address: str) -> None:
    """Write the pages as files, with the networks inside: they read without a server.

    FOLDER is created, or replaced if it holds an earlier site. Any static host serves it, under any path; after one
    visit it opens without a connection, too. Training, the API and stored handwriting need `inkling serve`.

    \b
    Examples:
      inkling site public
      inkling site public --address https://example.org/inkling
    """
    from inkling.site.build import build
    from inkling.site.folder import INDEX, write

    site = build(address=address.rstrip("/"))
    write(site, folder)
    total = sum(site.compressed().values())
    click.echo(f"{folder}: {len(site.files)} files, {total / 1e6:.2f} MB compressed, listed with sizes in {INDEX}")
    click.echo(f"try it: python -m http.server -d {folder}, then open http://localhost:8000")
