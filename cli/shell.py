"""`groundwire completion`: what a shell has to be told so that it completes commands and options."""

import argparse
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from qa.settings import Settings

EXAMPLE = """examples:
  groundwire completion bash >> ~/.bashrc
  groundwire completion zsh >> ~/.zshrc
  groundwire completion fish > ~/.config/fish/completions/groundwire.fish

Begin a new shell afterwards."""


def add_completion_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """`add` makes a command: its name, what runs it, one line of help, its groups of options."""
    shell = add("completion", run_completion, "print what makes bash, zsh or fish complete commands and options")
    shell.add_argument("shell", choices=["bash", "zsh", "fish"])
    shell.epilog, shell.formatter_class = EXAMPLE, argparse.RawDescriptionHelpFormatter


def run_completion(given: argparse.Namespace, settings: Settings) -> int:
    from argcomplete.shell_integration import shellcode

    print(shellcode(["groundwire"], shell=given.shell))
    return 0


def complete(parser: argparse.ArgumentParser) -> None:
    """Where a shell asks what may follow, answers it and ends; else nothing."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)


class Version(argparse.Action):
    """`--version`, which is looked up when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        try:
            number = version("groundwire-slim")
        except PackageNotFoundError:
            number = "that is not installed"
        print(f"groundwire {number}")
        parser.exit()
