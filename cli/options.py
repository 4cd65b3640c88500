"""What both entry points share: the options, the settings made of them, and errors told as a sentence."""

import argparse
import io
import logging
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_data_path

from cli.config import ConfigError, Entry, configured_archive, places, read_config
from ground.errors import user_errors
from ground.language import languages
from index.store.scope import Scope
from qa.settings import Settings

OFF = "may be reached through the network, which is off; leave out --offline (and HF_HUB_OFFLINE=1)"


Chosen = dict[str, tuple[Any, str]]  # by the name of a setting, its value and where it comes from


def chosen_by(given: argparse.Namespace) -> Chosen:
    """What is chosen otherwise than by default: the command line before the environment before groundwire.toml.

    HF_HUB_OFFLINE=1 holds in any case, for libraries hear of it. Raises ConfigError.
    """
    chosen: Chosen = {name: (_checked(name, entry), str(entry.file)) for name, entry in read_config().items()}
    if weights := os.environ.get("GROUNDWIRE_WEIGHTS"):
        chosen["weights"] = Path(weights), "GROUNDWIRE_WEIGHTS"
    typed = {name: value for name, value in vars(given).items() if name in Settings.__dataclass_fields__}
    chosen |= {name: (value, "the command line") for name, value in typed.items()}
    if os.environ.get("HF_HUB_OFFLINE") == "1" and not (chosen.get("offline") or [False])[0]:
        chosen["offline"] = True, "HF_HUB_OFFLINE"
    return chosen


def settings_of(given: argparse.Namespace) -> Settings:
    """The settings of a command line, and of what stands behind it.

    Raises ConfigError for a groundwire.toml that cannot be meant, ArchiveError or ClusterError where an archive or a
    cluster is named that is beyond this machine, and offline.
    """
    settings = replace(Settings(), **{name: value for name, (value, _) in chosen_by(given).items()})
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if settings.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
        for folder in filter(None, getattr(given, "archives", None) or [settings.archive]):
            if "archive" in given or "reads_archive" in given:
                check_here(folder)
        _check_cluster(getattr(given, "ray", None))
    return settings


def _checked(name: str, entry: Entry) -> object:
    """The value of a line of groundwire.toml, as the option of that name has it; raises ConfigError."""
    value, kind = entry.value, KINDS[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(f"{entry.file}: {name} is {value!r}; write {WRITTEN[kind]}")
    try:
        made = READ[name](value) if name in READ else value
    except argparse.ArgumentTypeError as error:
        raise ConfigError(f"{entry.file}: {name}: {error}") from None
    if isinstance(made, int) and kind is int and name != "seed" and made < 1:
        raise ConfigError(f"{entry.file}: {name} is {made}; write a number from 1")
    if entry.here and name in ("llm", "archive") and _is_elsewhere(name, value):
        raise ConfigError(
            f"{entry.file}: {name} is on another machine, and a folder that came from somebody else must not send your"
            f" words there; put it into your own file, {places()[1]}, or name it by --{name}"
        )
    return made


def _is_elsewhere(name: str, value: object) -> bool:
    """Whether a model or an archive lies beyond this machine."""
    from ground.hosts import is_loopback
    from index.scale.milvus.connection import is_address
    from models.fetch import is_address as is_endpoint

    text = str(value)
    host = urlsplit(text).hostname
    return (is_endpoint(text) if name == "llm" else is_address(text)) and bool(host) and not is_loopback(str(host))


def check_here(folder: Path) -> None:
    """Raises ArchiveError where the archive of a folder lies beyond this machine."""
    from ground.hosts import is_loopback
    from index.opening import address_of
    from index.store.archive import ArchiveError

    address = address_of(folder)
    host = address and urlsplit(address.uri).hostname
    if address and host and not is_loopback(host):
        raise ArchiveError(f"{address.place}: {OFF}, or name another --archive")


def _check_cluster(address: str | None) -> None:
    from ground.hosts import is_loopback
    from index.scale.ray import LOCAL, ClusterError

    if address not in (None, LOCAL) and not is_loopback(str(address).rpartition(":")[0]):
        raise ClusterError(f"{address}: {OFF}, or name --ray {LOCAL}")


def run_safely(program: str, run: Callable[[], int]) -> int:
    """The exit code of `run`; 1 after an error that a user can mend, told in its sentence, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8; JSON stays JSON
    notices = logging.StreamHandler()
    # What an archive has to tell while it is waited for; below a line of progress that is not ended.
    notices.setFormatter(logging.Formatter(f"{chr(10) * sys.stderr.isatty()}{program}: %(message)s"))
    logging.getLogger("index").addHandler(notices)
    try:
        return run()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our pipe went away; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if not isinstance(error, user_errors()):
            raise
        print(f"{program}: {_sentence(error)}", file=sys.stderr)
        return 1
    finally:
        logging.getLogger("index").removeHandler(notices)


def _sentence(error: Exception) -> str:
    """The words of an error of ours; of the system's, what and where, and what to look at."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the output'}: {error.strerror}; check the path, its permissions and the disk"
    import sqlite3

    if isinstance(error, sqlite3.OperationalError):
        return f"a file of the archive cannot be read or written ({error}); see whether the disk is full"
    return str(error)


def archive_folder(place: str) -> Path:
    """The folder of an archive, by a path or an address; argparse's own error for an address that is none."""
    if ":" not in place:
        return Path(named(place))
    from index.opening import folder_of
    from index.store.archive import ArchiveError

    try:
        return folder_of(place)
    except ArchiveError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def place_of(folder: Path) -> str:
    """The name that people give to the archive of a folder: its address where it lies elsewhere, else the path."""
    if folder.parent != user_data_path("groundwire") / "remote":
        return str(folder)
    from index.opening import address_of

    address = address_of(folder)
    return address.place if address else str(folder)


def at(archive: Path) -> str:
    """What a command that we advise wants besides, so that it works on this archive and not on the default one.

    >>> at(Path("archive")), at(Path("/data/my news"))
    ('', " --archive '/data/my news'")
    """
    return "" if archive == configured_archive() else f" --archive {shlex.quote(place_of(archive))}"


def _archive_option(command: argparse.ArgumentParser) -> None:
    command.set_defaults(reads_archive=True)
    command.add_argument(
        "--archive",
        type=archive_folder,
        default=argparse.SUPPRESS,
        metavar="PLACE",
        help="the archive's folder, or milvus://host/database (archive)",
    )


def _weights_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--weights",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where models lie (GROUNDWIRE_WEIGHTS, else your user data folder)",
    )
    command.add_argument(
        "--offline", action="store_true", default=argparse.SUPPRESS, help="reach nothing beyond this machine"
    )


def _embedder_option(command: argparse.ArgumentParser) -> None:
    _weights_option(command)
    command.add_argument(
        "--embedder",
        type=named,
        default=argparse.SUPPRESS,
        metavar="NAME",
        help=f"a model's name or folder ({Settings.embedder})",
    )
    command.add_argument(
        "--threads", type=positive, default=argparse.SUPPRESS, metavar="N", help="processor threads (all)"
    )


def _reranker_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reranker",
        default=argparse.SUPPRESS,
        metavar="NAME",
        help='a cross-encoder\'s name or folder, or "llm" (none)',
    )


def _llm_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--llm",
        type=llm_name,
        default=argparse.SUPPRESS,
        metavar="NAME",
        help=f"a model's name, GGUF path, hub file, a server's http://host/v1#model, or none: quotes alone"
        f" ({Settings.llm})",
    )
    command.add_argument(
        "-k",
        dest="passages",
        type=positive,
        default=argparse.SUPPRESS,
        help=f"passages to show; 30 are read, or as many as are shown ({Settings.passages})",
    )
    command.add_argument(
        "--least-score",
        type=share,
        default=argparse.SUPPRESS,
        metavar="SHARE",
        help="decline where the score is below it, 0 to 1 (0); groundwire eval measures what each costs",
    )
    command.add_argument("--seed", type=int, default=argparse.SUPPRESS, help="of the decoder (0)")


def _scope_option(command: argparse.ArgumentParser) -> None:
    for option, name, what in (
        ("--outlet", "NAME", "only stories of this outlet; may be repeated"),
        ("--since", "DAY", "only stories of this day, month or year, or later: 2020-01, '3 January 2020', yesterday"),
        ("--until", "DAY", "only stories of this day, month or year, or earlier"),
        ("--language", "CODE", "only articles in this language; may be repeated"),
        ("--article", "ID", "only this article (=ID where it begins with -); may be repeated"),
    ):
        if name == "DAY":
            command.add_argument(option, metavar=name, help=what)
        else:
            command.add_argument(option, action="append", default=[], metavar=name, help=what)


def scope_of(given: argparse.Namespace) -> Scope:
    """The part of the archive that a command line names; raises ScopeError where it cannot be meant."""
    return Scope(tuple(given.outlet), given.since, given.until, tuple(given.language), tuple(given.article))


def _speak_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--speak",
        type=language,
        default=argparse.SUPPRESS,
        metavar="CODE",
        help=f"the language of the answer's fixed phrases: {', '.join(languages())} (en); quotes keep theirs",
    )


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "archive": _archive_option,
    "weights": _weights_option,
    "embedder": _embedder_option,
    "reranker": _reranker_option,
    "llm": _llm_option,
    "scope": _scope_option,
    "speak": _speak_option,
}


def named(text: str) -> str:
    """A value that is not empty, as argparse wants its types: a variable of the shell may be unset."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty; name one, or leave the option out")
    return text


def llm_name(text: str) -> str:
    """A language model's name or path, or an address that can be read, as argparse wants its types."""
    from models.fetch import is_address

    if is_address(named(text)):
        from models import ModelError
        from models.endpoint import read_address

        try:
            read_address(text)
        except ModelError as error:
            raise argparse.ArgumentTypeError(str(error).removeprefix("--llm: ")) from None
    return text


def language(text: str) -> str:
    """A language that Groundwire speaks, as argparse wants its types."""
    if text not in languages():
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(languages())}")
    return text


def share(text: str) -> float:
    """A number from 0 to 1, as argparse wants its types."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 1")
    return number


def positive(text: str) -> int:
    """A whole number from 1 to 10,000, as argparse wants its types."""
    if not text.isdecimal() or len(text) > 5 or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to 10,000")
    return int(text)


KINDS: dict[str, Any] = {  # what TOML has to hold
    **dict.fromkeys(("archive", "weights", "llm", "embedder", "reranker", "speak"), str),
    **dict.fromkeys(("threads", "context_tokens", "passage_tokens", "candidates", "passages", "answer_tokens"), int),
    "offline": bool,
    "least_score": (int, float),
    "seed": int,
}
WRITTEN: dict[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    (int, float): "a number from 0 to 1",
}
READ: dict[str, Callable[[Any], object]] = {
    "archive": lambda text: archive_folder(os.path.expanduser(text)),
    "weights": lambda text: Path(named(text)).expanduser(),
    "llm": llm_name,
    "embedder": named,
    "least_score": lambda number: share(str(number)),
    "speak": language,
}
