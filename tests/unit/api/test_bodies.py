import pytest

from boxoffice.errors import Invalid
from boxoffice_api.bodies import check_json
from boxoffice_api.head import Head
from boxoffice_api.problems import InvalidPart, UnsupportedMediaType
from boxoffice_api.routes.holds import HOLD
from boxoffice_api.routes.prices import PRICES


def head(content_type: bytes = b"application/json") -> Head:
    headers = {b"content-type": content_type}
    return Head("POST", "/", b"", is_https=False, headers=headers)


def pointer_in(error: Invalid) -> str:
    parts = error.data["errors"]
    assert isinstance(parts, list)
    part: InvalidPart = parts[0]
    assert "`" not in part.detail
    return part.pointer


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"{}", "/places"),
        (b"[]", ""),
        (b'{"places":1}', "/places"),
        (b'{"places":[1,"x"]}', "/places/1"),
        (b'{"places":[1],"x":1}', "/x"),
        (b'{"places":[1],"a/b~c":1}', "/a~1b~0c"),
        (b'{"places":[1],"$.places":1}', "/$.places"),
    ],
)
def test_what_does_not_fit_is_pointed_at(body: bytes, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        HOLD.read(head(), body)
    assert pointer == pointer_in(refused.value)


def test_a_pointer_leads_into_nested_lists() -> None:
    level = b'{"category":0,"price":{"minor":1,"currency":"USD"}}'
    wrong = b'{"category":0,"price":{"minor":"1","currency":"USD"}}'
    with pytest.raises(Invalid) as refused:
        PRICES.read(head(), b'{"prices":[' + level + b"," + wrong + b"]}")
    assert pointer_in(refused.value) == "/prices/1/price/minor"


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"Application/JSON;charset=UTF-8",
        b'application/json; charset="utf-8"',
        b"application/json; profile=x",
    ],
)
def test_json_in_utf_8_is_read(content_type: bytes) -> None:
    assert HOLD.read(head(content_type), b'{"places":[1]}').places == (1,)


@pytest.mark.parametrize(
    "content_type",
    [
        b"",
        b"text/json",
        b"application/x-www-form-urlencoded",
        b"application/json; charset=utf-16",
        b"application/json; charset=utf-8; charset=utf-16",
        b"application/jsonx",
    ],
)
def test_everything_else_is_not(content_type: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        check_json(head(content_type))
