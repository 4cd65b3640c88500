"""What runs here tells nobody: the libraries that count their users are told not to."""

import os
import subprocess
import sys
from pathlib import Path

READ = "from models.reader import OnnxReader; OnnxReader(threads=1).read('Who fell?', [('', 'Ten men fell.')])"


def test_reading_leaves_no_trace_for_the_makers_of_onnxruntime(tmp_path: Path) -> None:
    # They count nothing in tests of their own and in CI: this is as on a user's machine.
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "VIRTUAL_ENV"}}
    subprocess.run([sys.executable, "-c", READ], env=kept | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []
