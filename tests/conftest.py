"""What holds for every test."""

from __future__ import annotations

import signal

# Whoever runs in the background of a shell without job control inherits an ignored SIGINT, and so do its
# children: then no test could interrupt anything.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
