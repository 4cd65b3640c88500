"""The errors that a user can mend: one base for all of ours, and which errors of the system count as such."""


class GroundwireError(Exception):
    """One sentence that says what, where, and what to do. Any error that is none of these is a bug."""


def user_errors() -> tuple[type[Exception], ...]:
    """The errors that a user can mend; any other is a bug and shows its traceback."""
    import sqlite3

    return (GroundwireError, OSError, sqlite3.OperationalError)
