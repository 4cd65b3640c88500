"""`groundwire` and `groundwire-chat`: every command of `cli`, and those that serve. `python app.py` opens the page."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from cli.main import main as run
from cli.options import OPTIONS, archive_folder, language
from ground.language import languages
from qa.settings import Settings
from web.auth.commands import add_login_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """`groundwire`; returns its exit code."""
    return run(arguments, more=(add_serve_command, add_login_commands))


def chat(arguments: Sequence[str] | None = None) -> int:
    """`groundwire-chat`, a short name for `groundwire serve`."""
    return main(["serve", *(sys.argv[1:] if arguments is None else arguments)])


def open_page(arguments: Sequence[str] | None = None) -> int:
    """`python app.py`: any command of `groundwire`; without one, the page."""
    return main((sys.argv[1:] if arguments is None else arguments) or ["serve"])


def add_serve_command(commands: Any) -> None:
    """`groundwire serve`; `commands` is what argparse's add_subparsers gave."""
    what = "the chat page, and the same over HTTP for programs"
    serve = commands.add_parser(
        "serve", help=what, description=f"{what[0].upper()}{what[1:]}. docs/page.md, docs/serving.md."
    )
    serve.set_defaults(run=run_serve, reads_archive=True)
    serve.add_argument(
        "--archive",
        dest="archives",
        type=archive_folder,
        action="append",
        metavar="PLACE",
        help="an archive's folder, or milvus://host/database (archive); give it again for more to switch between",
    )
    for group in ("embedder", "reranker", "llm"):
        OPTIONS[group](serve)
    serve.add_argument(
        "--language",
        dest="speak",
        type=language,
        default=argparse.SUPPRESS,
        metavar="CODE",
        help=f"the page for everybody in one language: {', '.join(languages())} (the browser's, with a choice)",
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1: this machine only)")
    serve.add_argument("--port", type=int, default=7860, help="the port to listen on (7860)")
    serve.add_argument("--auth-file", type=Path, metavar="FILE", help="who may log in; made by groundwire login add")
    serve.add_argument(
        "--name",
        dest="names",
        action="append",
        default=[],
        metavar="HOST",
        help="a name that a proxy is known by, besides this machine's own; give it again for more",
    )
    serve.add_argument("--root-path", default="", metavar="PATH", help="where a proxy shows it, such as /news")
    serve.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR", help="where groundwire eval writes (runs)"
    )
    serve.add_argument(
        "--data",
        type=Path,
        default=user_data_path("groundwire") / "page",
        metavar="DIR",
        help="where conversations and archives made on the page are kept (your user data folder)",
    )
    serve.set_defaults(misused=serve.error)


def run_serve(given: argparse.Namespace, settings: Settings) -> int:
    """Serves until it is interrupted. Beyond this machine it wants a login."""
    from web.auth.headers import is_loopback

    if not is_loopback(given.host) and not given.auth_file:
        given.misused(
            f"--host {given.host} lets others in, so it wants logins: groundwire login add --auth-file FILE NAME,"
            " then --auth-file FILE"
        )
    from cli.terminal import fetching
    from web import serve
    from web.auth.logins import open_logins
    from web.server import Server

    serve.check_port(given.host, given.port)
    logins = open_logins(given.auth_file) if given.auth_file else None
    archives = given.archives or [settings.archive]
    settings = replace(settings, archive=archives[0])
    server = Server.open(
        settings,
        archives,
        given.data,
        logins=logins is not None,
        edits=logins.edits if logins else lambda user: False,
        runs=given.runs,
        progress=fetching(),
    )
    host = f"[{given.host}]" if ":" in given.host else given.host
    address = f"http://{host}:{given.port}{given.root_path}/"
    serve.serve(
        server,
        host=given.host,
        port=given.port,
        logins=logins,
        root_path=given.root_path,
        names=given.names,
        ready=lambda: print(f"groundwire: {address}  (Ctrl-C ends it)", file=sys.stderr, flush=True),
    )
    return 0


if __name__ == "__main__":
    sys.exit(open_page())
