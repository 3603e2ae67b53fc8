"""What the host answers instead of a prediction.

Refused
├── BadInput        400: the request's body cannot be read
├── NotAcceptable   406: no such form of answer
└── Unsupported     415: no such content type
"""


class Refused(Exception):
    """A request that gets no prediction; the text is for whoever asked."""

    status = 500


class BadInput(Refused):
    """The body is not what its content type says, or not what the model takes."""

    status = 400


class NotAcceptable(Refused):
    """The answer cannot be given in the form that is asked for."""

    status = 406


class Unsupported(Refused):
    """A content type that nobody reads."""

    status = 415


def told(error: BaseException) -> int | None:
    """The status that an exception means: a model's own may carry one, or say by its name what it is."""
    for name in ("status", "status_code"):
        given = getattr(error, name, None)
        if isinstance(given, int) and 400 <= given <= 599:
            return int(given)
    return 415 if type(error).__name__.startswith("Unsupported") else None
