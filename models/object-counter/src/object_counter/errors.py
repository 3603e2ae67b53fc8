"""What can be wrong with a request. Every message is meant for the one who sent it.

All are ValueErrors. AWS's inference toolkit answers with the status of its own exceptions and with 500
to any other, so where it is installed they are its exceptions too:
https://github.com/aws/sagemaker-inference-toolkit/blob/master/src/sagemaker_inference/errors.py
"""

from http import HTTPStatus

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError as _Answered
except ImportError:

    class _Answered(Exception):  # type: ignore[no-redef]
        """Stands in where the toolkit is not."""

        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            self.status_code, self.message, self.phrase = status_code, message, phrase
            super().__init__(status_code, message, phrase)


class InputError(_Answered, ValueError):  # type: ignore[misc]
    """The request cannot be answered as it is."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str) -> None:
        super().__init__(self.status.value, message, self.status.phrase)

    def __str__(self) -> str:
        return str(self.message)


class NotUnderstood(InputError):
    """The body is not what its content type promises, or lacks what is needed."""


class NotAPicture(InputError):
    """The bytes are no picture that can be read."""


class NotFetched(InputError):
    """The picture's URL may not, or cannot, be fetched."""


class UnsupportedType(InputError):
    """A content type that the model does not take."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class NotAcceptable(InputError):
    """An answer is asked for in a form that the model does not give."""

    status = HTTPStatus.NOT_ACCEPTABLE


class TooLarge(InputError):
    """More bytes or pixels than the model takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
