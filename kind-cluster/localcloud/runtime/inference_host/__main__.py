"""Serves a model directory as AWS's framework containers do: `python …/inference_host` in its environment.

Only Python's own library is needed. The package is imported by its own name, and its directory taken off the
path again, so that nothing here stands in the way of a model's modules.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sagemaker_host.server import main  # type: ignore[import-not-found]

sys.path.remove(str(Path(__file__).parent))

if __name__ == "__main__":
    main()
