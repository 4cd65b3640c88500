"""`groundwire login`: who may come in, and what they may do; add, role, remove and list the names of an auth file."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qa.settings import Settings
from web.auth.logins import ROLES


def add_login_commands(commands: Any) -> None:
    """`groundwire login` and what stands under it; `commands` is what argparse's add_subparsers gave."""
    login = commands.add_parser("login", help="who may come in: add, role, remove, list", description=__doc__)
    under = login.add_subparsers(dest="login_command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], what: str, *, named: bool = True) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = under.add_parser(
            name, help=what, description=what[0].upper() + what[1:] + ".", prog=f"groundwire login {name}"
        )
        command.set_defaults(run=run)
        command.add_argument("--auth-file", type=Path, required=True, metavar="FILE", help="names and hashed passwords")
        if named:
            command.add_argument("name", metavar="NAME", help='a-z, 0-9, ".", "_" and "-"')
        return command

    what = "add a login or change its password, which is asked for, or is one line of standard input"
    new = add("add", run_add, what)
    roles = "what it may do with the archives that all share: a reader asks, an editor changes them too"
    new.add_argument("--role", choices=ROLES, help=f"{roles} (as it was; a new one reads)")
    role = add("role", run_role, "say what a login may do; its password and its sessions stay")
    role.add_argument("role", choices=ROLES, help=roles)
    add("remove", run_remove, "take a login away; its sessions end")
    add("list", run_list, "list the names, each with its role", named=False)


def run_add(given: argparse.Namespace, settings: Settings) -> int:
    from web.auth.logins import add_login, check_name

    check_name(given.name)
    add_login(given.auth_file, given.name, ask_password(given.name), given.role)
    print(f"{given.auth_file}: {given.name} may log in", file=sys.stderr)
    return 0


def run_role(given: argparse.Namespace, settings: Settings) -> int:
    from web.auth.logins import set_role

    set_role(given.auth_file, given.name, given.role)
    print(
        f"{given.auth_file}: {given.name} is {'an editor' if given.role == 'editor' else 'a reader'}", file=sys.stderr
    )
    return 0


def run_remove(given: argparse.Namespace, settings: Settings) -> int:
    from web.auth.logins import remove_login

    remove_login(given.auth_file, given.name)
    print(f"{given.auth_file}: {given.name} is removed", file=sys.stderr)
    return 0


def run_list(given: argparse.Namespace, settings: Settings) -> int:
    from web.auth.logins import read_logins

    for name, login in read_logins(given.auth_file).items():
        print(f"{name}\t{login.role}")
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
