"""Request bodies: JSON in UTF-8, decoded and checked in one step.

What cannot be read is `Malformed`; what can be read and does not fit is `Invalid`, with
a JSON pointer to the place.
"""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from boxoffice.errors import Invalid
from boxoffice_api.head import Head
from boxoffice_api.problems import InvalidPart, Malformed, UnsupportedMediaType

BODY_BYTES_MAX = 64 * 1024
PLAN_BYTES_MAX = 8_000_000
UTF_8 = frozenset({"charset=utf-8", 'charset="utf-8"'})

T = TypeVar("T", bound=msgspec.Struct)
_PLACE = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\[(?P<index>\d+|\.\.\.)\]|\.?(?P<name>[^.\[\]]+)")
_FIELD = re.compile(r"(?:missing required|contains unknown) field `(?P<name>[^`]*)`")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """There is nothing to say."""


class Body(Generic[T]):
    """Reads one kind of body."""

    def __init__(self, struct: type[T]) -> None:
        self.struct = struct
        self._decoder = msgspec.json.Decoder(struct)

    def read(self, head: Head, body: bytes) -> T:
        """Decode a body.

        Raises:
            UnsupportedMediaType: it does not say that it is JSON in UTF-8.
            Malformed: it is not JSON.
            Invalid: it is JSON of another shape; `errors` names the place.
        """
        if head.headers.get(b"content-type") != b"application/json":
            check_json(head)
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            part = _invalid_part(str(error))
            raise Invalid(errors=[part]) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed("The body is not JSON in UTF-8.") from error
        except RecursionError as error:
            raise Malformed("The body nests too deeply.") from error

    def read_optional(self, head: Head, body: bytes) -> T:
        """Decode a body; none at all counts as an empty object."""
        if body:
            return self.read(head, body)
        return self._decoder.decode(b"{}")


NOTHING = Body(Nothing)


def check_json(head: Head) -> None:
    """Let JSON in UTF-8 pass.

    Raises:
        UnsupportedMediaType: it is something else, or does not say what it is.
    """
    given = head.headers.get(b"content-type", b"").decode("latin-1").lower()
    media_type, *parameters = (part.strip() for part in given.split(";"))
    charsets = [part for part in parameters if part.startswith("charset")]
    if media_type != "application/json" or not UTF_8.issuperset(charsets):
        raise UnsupportedMediaType


async def body_of(request: Request[Any, Any, Any]) -> bytes:
    """Receive the body of a framework's request.

    Raises:
        Malformed: the client went away; nobody will read the answer.
    """
    try:
        return await request.body()
    except InternalServerException as error:
        raise Malformed("The body ended early.") from error


def _invalid_part(message: str) -> InvalidPart:
    match = _PLACE.fullmatch(message)
    assert match is not None
    what, path = match["what"], match["path"] or "$"
    pointer = "".join(
        "/" + (step["index"] or _escaped(step["name"]))
        for step in _STEP.finditer(path.removeprefix("$"))
    )
    if named := _FIELD.search(what):
        pointer += "/" + _escaped(named["name"])
    return InvalidPart(pointer=pointer, detail=what.replace("`", ""))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
