"""`python -m docs.site build|serve|reference`: the site, a server for it, and pages made from the code."""

from __future__ import annotations

import functools
import http.server
import os
from pathlib import Path
from typing import Annotated

import typer
from docs.site.press import BuildFailed, build
from docs.site.reference import reference

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
app = typer.Typer(add_completion=False, no_args_is_help=True, help="The site of docs/.")


def _home() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "modelpoc" / "docs"


To = Annotated[Path | None, typer.Option("--to", help="Folder to build in (default: in the cache).")]


@app.command("build")
def build_site(to: To = None) -> None:
    """Build the site; any warning, such as a link that leads nowhere, fails it."""
    typer.echo(_built(to) / "index.html")
    typer.echo("`make docs-serve` serves it: from a file, browsers let no page search", err=True)


@app.command()
def serve(to: To = None, port: Annotated[int, typer.Option(help="Port on loopback.")] = 8000) -> None:
    """Build the site and serve it on loopback until Ctrl-C."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(_built(to)))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        typer.echo(f"http://127.0.0.1:{server.server_port}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


@app.command("reference")
def write_reference(
    check: Annotated[bool, typer.Option(help="Only say whether it is current.")] = False,
) -> None:
    """Write docs/reference, which follows from the code."""
    stale = [FOLDER / name for name, text in reference().items() if _read(FOLDER / name) != text]
    for file in stale:
        if not check:
            file.write_text(reference()[file.name])
        typer.echo(f"{'not current' if check else 'wrote'}: {file.relative_to(ROOT)}", err=check)
    if check and stale:
        raise typer.Exit(1)


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _built(to: Path | None) -> Path:
    try:
        return build(ROOT, to or _home())
    except BuildFailed as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
