"""inkling site: write the pages as a static site."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("site")
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option(
    "--address", default="", help="Public address, such as https://example.org/inkling; used for link previews."
)
def command(folder: Path, address: str) -> None:
    """Write the pages as a static site, including the networks, which read in the browser.

    FOLDER is created, or updated if it contains an earlier site. Any static host can serve it, under any path. After
    one visit it also works offline. Training, the API and stored handwriting need `inkling serve`.

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
    click.echo(f"To try it, run: python -m http.server -d {folder} and open http://localhost:8000")
