"""Trains the counter on one half of a photograph, prints how it does on the other, and packs the artifact.

uv run python train.py --out DIR
"""

import argparse
import sys

from object_counter_training.artifact import build_options


def main() -> int:
    """The exit code."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="train.py", description=__doc__, formatter_class=form)
    build_options(parser)
    options = parser.parse_args()
    sys.stdout.write(options.run(options) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
