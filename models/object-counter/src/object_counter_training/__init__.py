"""Makes the artifact: labels, windows, training, measuring, packing. Never part of what is served."""

import os

# Before numpy is imported: one thread is quickest for matrices this small, and sums come out the same.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
