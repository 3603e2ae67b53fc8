"""What goes in and out of the API: the limits, the words and the examples of its document."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

MAX_CHARACTERS = 5_000
MAX_TEXTS = 64
MAX_TOP_K = 50

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS)]
Texts = Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]


class Query(BaseModel):
    """One text, or a list of them, to be linked."""

    model_config = ConfigDict(extra="forbid")

    input: Annotated[
        Text | Texts,
        Field(
            description=f"One text of 1 to {MAX_CHARACTERS:,} characters, or a list of 1 to {MAX_TEXTS} such "
            "texts. Only the first 256 tokens (about 190 English words) of a text count."
        ),
    ]
    top_k: Annotated[
        int, Field(strict=True, ge=1, le=MAX_TOP_K, description="How many roles to give for each text.")
    ] = 5

    @field_validator("input", mode="before")
    @classmethod
    def _in_plain_words(cls, value: Any) -> Any:
        """One sentence about what is wrong, where the union would tell of each of its sides."""
        if isinstance(value, list):
            _check_count(value)
            for i, text in enumerate(value):
                _check_text(f"input[{i}]", text)
        else:
            _check_text("input", value)
        return value


def _check_count(texts: list[Any]) -> None:
    if not texts:
        raise ValueError("input is an empty list: give at least one text")
    if len(texts) > MAX_TEXTS:
        raise ValueError(f"input has {len(texts)} texts: send at most {MAX_TEXTS} at a time")


def _check_text(where: str, text: Any) -> None:
    if not isinstance(text, str):
        wanted = "a text or a list of texts" if where == "input" else "a text"
        raise ValueError(f"{where} is {_a_kind(text)}: give {wanted}")
    if not text.strip():
        raise ValueError(f"{where} is empty: describe the experience in at least a word")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{where} has {len(text):,} characters: shorten it to {MAX_CHARACTERS:,} or fewer")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{where} holds half of a surrogate pair: send valid Unicode")


def _a_kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return names.get(type(value), "something else")


class MatchOut(BaseModel):
    """A role near the text."""

    title: str
    code: Annotated[str, Field(description="The role's code in the taxonomy: its group, then its number.")]
    score: Annotated[float, Field(description="Cosine similarity, at most 1; the nearest role comes first.")]


class LinkOut(BaseModel):
    """One text and its roles."""

    text: str
    matches: list[MatchOut]
    truncated: Annotated[bool, Field(description="True when the text was longer than 256 tokens.")] = False


class Answer(BaseModel):
    """`output` mirrors `input`: an object for one text, a list in the same order for a list."""

    output: LinkOut | list[LinkOut]


class Health(BaseModel):
    """Whether predictions can be answered, and by which revision of the artifact."""

    status: Literal["ok", "loading"]
    revision: Annotated[str | None, Field(description="12 hex digits; null while loading.")] = None


class Problem(BaseModel):
    """What is wrong with the request, or with the service, in a sentence."""

    detail: str
