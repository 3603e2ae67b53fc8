"""S3, whose actions have often other names than its operations.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from urllib.parse import unquote

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking

_ACTIONS = {
    "HeadObject": "GetObject",
    "GetObjectAttributes": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectVersions": "ListBucketVersions",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "UploadPartCopy": "PutObject",
    "DeleteObjects": "DeleteObject",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketTagging": "PutBucketTagging",
}
_OF_VERSIONS = frozenset({"GetObject", "HeadObject", "DeleteObject", "GetObjectTagging", "GetObjectAcl"})
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})
_KEYS = ("prefix", "delimiter", "max-keys")
"""What a listing says, be it empty, and conditions look at."""


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    bucket, key = asking.get("Bucket", ""), asking.get("Key", "")
    action = f"s3:{_action(asking)}"
    if not bucket:
        return [asking.need(action)]
    if asking.operation == "DeleteObjects":
        return [asking.need(action, object_arn(asking, bucket, "*"))]
    if key:
        return [asking.need(action, object_arn(asking, bucket, key)), *_source(asking)]
    need = asking.need(action, bucket_arn(asking, bucket))
    said = {f"s3:{name}": (asking.query[name],) for name in _KEYS if name in asking.query}
    return [Need(action, need.resource, {**need.context, **(said if asking.operation in _LISTS else {})})]


def listing(asking: Asking) -> Need:
    """What tells whether its caller may learn that an object is missing."""
    return asking.need("s3:ListBucket", bucket_arn(asking, asking.get("Bucket", "")))


def bucket_arn(asking: Asking, bucket: str) -> str:
    """These have neither region nor account."""
    return f"arn:{asking.partition}:s3:::{bucket}"


def object_arn(asking: Asking, bucket: str, key: str) -> str:
    """Of an object by its key as it is, not encoded."""
    return f"{bucket_arn(asking, bucket)}/{key}"


def _action(asking: Asking) -> str:
    name = _ACTIONS.get(asking.operation, asking.operation)
    versioned = asking.operation in _OF_VERSIONS and asking.query.get("versionId")
    return name.replace("Object", "ObjectVersion", 1) if versioned else name


def _source(asking: Asking) -> list[Need]:
    copied = asking.get("CopySource")
    if not copied or asking.operation not in ("CopyObject", "UploadPartCopy"):
        return []
    bucket, _, key = unquote(str(copied).partition("?")[0]).lstrip("/").partition("/")
    return [asking.need("s3:GetObject", object_arn(asking, bucket, key))]
