"""The s3-reader model; README.md says what it does."""

import functools
import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

ONCE = Config(retries={"total_max_attempts": 1})
"""A refusal is the answer, not something to try again."""


@functools.cache
def client(service: str):
    return boto3.client(service, config=ONCE)


def bucket() -> str:
    return os.environ["S3_BUCKET"]


def read(key: str) -> str:
    return client("s3").get_object(Bucket=bucket(), Key=key)["Body"].read().decode()


def write(key: str) -> str:
    client("s3").put_object(Bucket=bucket(), Key=key, Body=b"written")
    return "written"


def listed(prefix: str) -> list[str]:
    found = client("s3").list_objects_v2(Bucket=bucket(), Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", ())]


def secret(arn: str) -> str:
    return client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]


def parameter(arn: str) -> str:
    name = "/" + arn.partition(":parameter/")[2]
    return client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def who(_: str) -> str:
    return client("sts").get_caller_identity()["Arn"]


DEEDS = {"read": read, "write": write, "list": listed, "secret": secret, "parameter": parameter, "who": who}


def done(given: dict[str, str]) -> dict[str, object]:
    try:
        return {"output": DEEDS[given["do"]](given.get("of", ""))}
    except ClientError as error:
        return {"refused": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    except NoCredentialsError as error:
        return {"refused": "NoCredentials", "message": str(error)}
    except BotoCoreError as error:
        return {"refused": type(error).__name__, "message": str(error)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send(*((200, {"status": "ok"}) if self.inner() == "health" else (404, {"error": "not here"})))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            given = json.loads(body)["input"]
            known = given["do"] in DEEDS
        except (ValueError, KeyError, TypeError):
            known = False
        if self.inner() == "predict" and known:
            self.send(200, done(given))
        else:
            self.send(422, {"error": f'POST /predict {{"input": {{"do": one of {sorted(DEEDS)}, "of": …}}}}'})

    def inner(self) -> str:
        path = self.path.split("?")[0]
        return path.removeprefix("/" + os.environ.get("ROOT_PATH", "").strip("/")).strip("/")

    def send(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Health checks would fill the log."""


def main() -> None:
    where = (os.environ.get("HOST") or "0.0.0.0", int(os.environ.get("PORT") or 8080))
    server = ThreadingHTTPServer(where, Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()


if __name__ == "__main__":
    main()
