"""`python -m experience_linker`: serve until SIGTERM, then finish what is under way."""

import logging
import os
import signal
import sys
from functools import partial

import uvicorn

from experience_linker.api import Service, create_app
from experience_linker.errors import SettingsError
from experience_linker.loading import load
from experience_linker.logs import log_to_stdout
from experience_linker.settings import Settings

_log = logging.getLogger("experience_linker")

# Longer than a load balancer keeps an idle connection (60 s): were the app the one to close
# it, a request sent at that moment would end as a 502.
_KEEP_ALIVE_S = 75
# ECS kills 30 s after SIGTERM.
_GRACE_S = 25


class Process:
    """The server, and whether the model could be had."""

    def __init__(self, settings: Settings) -> None:
        self._failed = False
        service = Service(partial(load, settings), self._fail, threads=len(os.sched_getaffinity(0)))
        self._server = uvicorn.Server(
            uvicorn.Config(
                create_app(service, settings.root_path),
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )

    def run(self) -> int:
        """The exit code: 0 after SIGTERM, else not; uvicorn exits by itself when the port is taken."""
        # uvicorn stops on SIGTERM, then raises it once more: being asked to stop is no failure.
        signal.signal(signal.SIGTERM, lambda *_: None)
        self._server.run()
        return 1 if self._failed else 0

    def _fail(self) -> None:
        self._failed = True
        self._server.should_exit = True


def main() -> int:
    """Serve, and give the exit code."""
    log_to_stdout()
    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        _log.error("%s", error)
        return 1
    return Process(settings).run()


if __name__ == "__main__":
    sys.exit(main())
