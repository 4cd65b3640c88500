"""The fakes of `groundwire.testing`; `python tests/support/fakes.py index …` is the command line with these in place of
the real models.
"""

import sys

from groundwire.testing import *  # noqa: F403
from groundwire.testing import fakes_for_models

if __name__ == "__main__":
    from cli.main import main

    with fakes_for_models():
        sys.exit(main(sys.argv[1:]))
