"""The examples of the API's document; a test holds them true."""

from typing import Any

_ON_CALL = "On call for production incidents; Kubernetes, Terraform and monitoring for a payment platform."
_WARD = "Cared for patients on a surgical ward and handed out their medicines."


def _link(text: str, *matches: tuple[str, str, float]) -> dict[str, Any]:
    named = [{"title": title, "code": code, "score": score} for title, code, score in matches]
    return {"text": text, "matches": named, "truncated": False}


_ON_CALL_LINK = _link(_ON_CALL, ("Platform Engineer", "IT-03", 0.4904), ("DevOps Engineer", "IT-02", 0.4603))
_WARD_LINK = _link(_WARD, ("Registered Nurse", "HE-05", 0.6965), ("Surgeon", "HE-02", 0.6675))

# Under the same names: what is sent, and what then comes back.
REQUESTS: Any = {
    "one text": {"value": {"input": _ON_CALL, "top_k": 2}},
    "a batch": {"value": {"input": [_ON_CALL, _WARD], "top_k": 2}},
}
ANSWERS: Any = {
    "one text": {"value": {"output": _ON_CALL_LINK}},
    "a batch": {"value": {"output": [_ON_CALL_LINK, _WARD_LINK]}},
}
