"""groundwire.toml: what you choose once, in the working folder or for yourself; options on the command line win.

Here it is read and its keys are known; what a value may be is said in `cli.options`, as for the option of that name.
"""

import difflib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from ground.errors import GroundwireError
from ground.shown import shown
from qa.settings import Settings

FILE = "groundwire.toml"


class ConfigError(GroundwireError, ValueError):
    """A configuration file that cannot be meant; the message says which, where and what to do."""


@dataclass(frozen=True)
class Entry:
    """A setting as a file has it: TOML's value, not yet looked at. `here` says that it is the working folder's."""

    value: object
    file: Path
    here: bool


def places() -> tuple[Path, Path]:
    """The files that are read, the first before the second: the working folder's, the user's own."""
    return Path(FILE), user_config_path("groundwire") / FILE


def read_config() -> dict[str, Entry]:
    """What both files say, by the name of the setting; what is in both is the working folder's.

    Raises ConfigError for a file that is no TOML, or has a key that is no setting.
    """
    own, users = places()
    return _read(users, here=False) | _read(own, here=True)


def configured_archive() -> Path:
    """The archive that is meant where none is named; a file that cannot be read is told elsewhere."""
    try:
        entry = read_config().get("archive")
    except ConfigError:
        entry = None
    return Path(str(entry.value)).expanduser() if entry else Settings.archive


def _read(file: Path, *, here: bool) -> dict[str, Entry]:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        if not os.access(file.parent, os.X_OK):  # somebody else's folder, as for a service that runs as another user
            return {}
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); mend its permissions or move it away") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        wrong = f"{error}".rstrip(".")
        raise ConfigError(f'{file}: no TOML ({wrong}); write a line a setting, such as llm = "none"') from None
    for key in table:
        if key not in Settings.__dataclass_fields__:
            near = difflib.get_close_matches(key, Settings.__dataclass_fields__, n=1)
            meant = f"did you mean {near[0]}?" if near else "groundwire config lists all"
            raise ConfigError(f'{file}: there is no setting "{shown(key, 40)}"; {meant}')
    return {key: Entry(value, file, here) for key, value in table.items()}
