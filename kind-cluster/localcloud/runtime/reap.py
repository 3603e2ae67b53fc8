"""Removes a cloud's containers once the cloud is gone, however it went.

Run as a file by a bare Python (`python -I -S reap.py SOCKET LABEL`) whose standard input the cloud holds
open: the kernel closes it when the cloud ends, kill -9 included.
"""

import http.client
import json
import socket
import sys
import urllib.parse

SECONDS = 30


class Docker(http.client.HTTPConnection):
    """HTTP over the engine's socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)

    def ask(self, method: str, path: str) -> bytes:
        self.request(method, path)
        return self.getresponse().read()


def main() -> None:
    path, label = sys.argv[1:3]
    sys.stdin.buffer.read()
    docker = Docker(path)
    only = urllib.parse.quote(json.dumps({"label": [label]}))
    for container in json.loads(docker.ask("GET", f"/containers/json?all=1&filters={only}")):
        docker.ask("DELETE", f"/containers/{container['Id']}?force=1")


if __name__ == "__main__":
    main()
