"""The cloud process: `python -m localcloud.daemon --state-dir …` serves until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localcloud.cloud import LocalAws
from localcloud.context import CloudConfig, default_cache_dir
from localcloud.state import read, write_private


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one cloud process until SIGTERM or SIGINT."""
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("botocore", "boto3", "urllib3", "werkzeug", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    config = CloudConfig(
        state_dir=options.state_dir,
        cache_dir=options.cache_dir,
        account=options.account,
        region=options.region,
        time_scale=options.time_scale,
        host=options.host,
        port=options.port,
        published_rates=options.published_rates,
        policies=(read(options.policies) or {}) if options.policies else {},
    )
    document = options.document or options.state_dir / "aws.json"
    try:
        asyncio.run(_serve(config, document))
    finally:
        document.unlink(missing_ok=True)


async def _serve(config: CloudConfig, document: Path) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, ended.set)
    async with LocalAws(config) as cloud:
        write_private(document, _about(cloud))
        logging.getLogger(__name__).info("serving on %s, time scale %g", cloud.outer_url, cloud.clock.scale)
        await ended.wait()


def _about(cloud: LocalAws) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "endpointUrl": cloud.outer_url,
        "account": cloud.account,
        "region": cloud.region,
        "timeScale": cloud.clock.scale,
        "admin": cloud.admin.environment(),
        "operator": cloud.operator.environment(),
    }


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud.daemon", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="this cloud's own files")
    parser.add_argument("--cache-dir", type=Path, default=default_cache_dir(), help="shared by all clouds")
    parser.add_argument("--document", type=Path, help="where to say endpoint and keys (default: aws.json)")
    parser.add_argument("--account", default=CloudConfig.account, help="12 digits")
    parser.add_argument("--region", default=CloudConfig.region)
    parser.add_argument("--time-scale", type=float, default=CloudConfig.time_scale)
    parser.add_argument("--host", default=CloudConfig.host, help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--published-rates", action="store_true", help="apply AWS's request rates")
    parser.add_argument(
        "--policies", type=Path, help="JSON: role → its policy, for roles there from the start"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
