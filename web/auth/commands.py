"""`groundwire login`: who may come in; add, remove and list the names of an auth file."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qa.settings import Settings


def add_login_commands(commands: Any) -> None:
    """`groundwire login` and what stands under it; `commands` is what argparse's add_subparsers gave."""
    login = commands.add_parser("login", help="who may come in: add, remove, list", description=__doc__)
    under = login.add_subparsers(dest="login_command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], what: str, *, named: bool = True) -> None:
        command: argparse.ArgumentParser = under.add_parser(
            name, help=what, description=what[0].upper() + what[1:] + ".", prog=f"groundwire login {name}"
        )
        command.set_defaults(run=run)
        command.add_argument("--auth-file", type=Path, required=True, metavar="FILE", help="names and hashed passwords")
        if named:
            command.add_argument("name", metavar="NAME", help='a-z, 0-9, ".", "_" and "-"')

    add("add", run_add, "add a login or change its password, which is asked for, or is one line of standard input")
    add("remove", run_remove, "take a login away; its sessions end")
    add("list", run_list, "list the names", named=False)


def run_add(given: argparse.Namespace, settings: Settings) -> int:
    from web.auth.logins import add_login, check_name

    check_name(given.name)
    add_login(given.auth_file, given.name, ask_password(given.name))
    print(f"{given.auth_file}: {given.name} may log in", file=sys.stderr)
    return 0


def run_remove(given: argparse.Namespace, settings: Settings) -> int:
    from web.auth.logins import remove_login

    remove_login(given.auth_file, given.name)
    print(f"{given.auth_file}: {given.name} is removed", file=sys.stderr)
    return 0


def run_list(given: argparse.Namespace, settings: Settings) -> int:
    from web.auth.logins import read_logins

    for name in read_logins(given.auth_file):
        print(name)
    return 0


def ask_password(name: str) -> str:
    """The password as typed twice, unseen; where nobody types, the first line of standard input."""
    from getpass import getpass

    from web.auth.logins import LoginError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass(f"Password for {name}: ")
    if getpass("Again: ") != password:
        raise LoginError("the two are not the same; nothing is changed")
    return password
