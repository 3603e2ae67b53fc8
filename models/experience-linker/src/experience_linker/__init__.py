"""Links free-text job experience to the nearest entries of a role taxonomy."""

import os

# These are read once, when numpy and tokenizers are first imported, so they are set before that.
# One BLAS thread per prediction: requests are what runs side by side here, and threads that
# wait for each other by spinning would take the cores from them. The environment may differ.
for _name, _value in {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ.setdefault(_name, _value)
