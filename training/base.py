"""Makes the encoder that training starts from out of the embedder's int8 file: `python -m training.base FOLDER OUT`.

FOLDER is snowflake-arctic-embed-s as `groundwire models pull arctic-embed-s` lays it down, OUT a folder with its
float32 weights and its tokenizer. They are within half a step of the int8 scale of the original's.
"""

import argparse
from pathlib import Path

from bench.dequantise import write_float32


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("folder", type=Path)
    given.add_argument("out", type=Path)
    options = given.parse_args()
    print(write_float32(options.folder, options.out))


if __name__ == "__main__":
    main()
