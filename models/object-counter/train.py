"""Trains the counter on one photograph, prints how well it does on the half it has not seen, packs it.

uv run python train.py --out DIR
"""

import argparse
import os
import sys

# One thread is quickest for matrices this small, and sums come out the same each time.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


def main() -> int:
    """The exit code."""
    from object_counter_training.artifact import build_options

    parser = argparse.ArgumentParser(
        prog="train.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    build_options(parser)
    options = parser.parse_args()
    sys.stdout.write(options.run(options) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
