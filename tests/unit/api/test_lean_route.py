"""The short way and the framework's way give the same bytes."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from boxoffice_api.asgi import App, Message, Scope
from boxoffice_api.bodies import BODY_BYTES_MAX
from boxoffice_api.lean import LeanHolds
from tests.unit.api.house import House

Fields = dict[str, str]

GOOD: Fields = {"content-type": "application/json", "idempotency-key": "k"}

REQUESTS: dict[str, tuple[bytes, Callable[[Fields], Fields]]] = {
    "success": (b'{"places":[1,2]}', lambda buyer: buyer | GOOD),
    "success with another cookie": (
        b'{"places":[1,2]}',
        lambda buyer: buyer | GOOD | {"cookie": "bo_buyer=x"},
    ),
    "taken": (
        b'{"places":[5,6]}',
        lambda buyer: buyer | GOOD | {"idempotency-key": "other"},
    ),
    "reused key": (b'{"places":[7]}', lambda buyer: buyer | GOOD),
    "bad key": (b'{"places":[1]}', lambda buyer: buyer | {"idempotency-key": "é"}),
    "unknown place": (b'{"places":[999]}', lambda buyer: buyer | GOOD),
    "not JSON": (b'{"places":', lambda buyer: buyer | GOOD),
    "bad UTF-8": (b'{"places":["\xff"]}', lambda buyer: buyer | GOOD),
    "too deep": (b'{"places":' + b"[" * 20_000, lambda buyer: buyer | GOOD),
    "wrong type": (b'{"places":[1,"x"]}', lambda buyer: buyer | GOOD),
    "unknown field": (b'{"places":[1],"x":1}', lambda buyer: buyer | GOOD),
    "empty": (b"", lambda buyer: buyer | GOOD),
    "wrong content type": (
        b'{"places":[1]}',
        lambda buyer: buyer | GOOD | {"content-type": "text/plain"},
    ),
    "no content type": (b'{"places":[1]}', lambda buyer: buyer),
    "nobody": (b'{"places":[1]}', lambda _: GOOD),
    "a stranger's token": (
        b'{"places":[1]}',
        lambda _: GOOD | {"authorization": "Bearer abc"},
    ),
}


class Told(NamedTuple):
    """An answer, byte by byte."""

    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes


async def asked(
    app: App, path: str, body: bytes, fields: Fields, *, pieces: int = 1
) -> Told:
    """Ask an application as a server does: an ordinary body is one message."""
    split = -(-len(body) // pieces)
    parts = [body[at : at + split] for at in range(0, len(body), split or 1)] or [b""]
    coming = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope(path, fields), receive, send)
    start, *rest = sent
    content = b"".join(message["body"] for message in rest)
    return Told(start["status"], sorted(start["headers"]), content)


def _scope(path: str, fields: Fields) -> Scope:
    headers = [(n.encode(), v.encode()) for n, v in fields.items()]
    target, _, query = path.partition("?")
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": target,
        "raw_path": target.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"boxoffice.test"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("boxoffice.test", 80),
        "http_version": "1.1",
        "state": {},
    }


def behind(house: House) -> App:
    """Give what stands behind the lean route."""
    assert isinstance(house.app, LeanHolds)
    return house.app._rest


async def refuse(*_: object) -> None:
    pytest.fail("this went the long way")


def alone(house: House) -> App:
    """Give the lean route with nothing behind it."""
    assert isinstance(house.app, LeanHolds)
    return LeanHolds(house.app._edge, refuse)


@pytest.mark.parametrize("name", REQUESTS)
async def test_both_routes_answer_with_the_same_bytes(
    house: House, performance: str, name: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    taken = {"places": [5]}
    await house.client.post(holds, json=taken, headers=await house.buyer())
    buyer = await house.buyer()
    await asked(alone(house), holds, b'{"places":[1,2]}', buyer | GOOD)
    body, fields = REQUESTS[name]
    short = await asked(alone(house), holds, body, fields(buyer))
    assert short == await asked(behind(house), holds, body, fields(buyer))
    expected = 201 if name.startswith("success") else 400
    assert expected <= short.status < expected + 100


@pytest.mark.parametrize("length", [BODY_BYTES_MAX + 1, 3 * BODY_BYTES_MAX])
@pytest.mark.parametrize("pieces", [1, 2, 100])
async def test_too_much_is_refused_in_one_piece_and_in_many(
    house: House, performance: str, length: int, pieces: int
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    fields = await house.buyer() | GOOD
    told = await asked(house.app, holds, b" " * length, fields, pieces=pieces)
    assert told.status == 413
    assert b"/problems/too-large" in told.body


async def test_a_body_in_pieces_gets_the_answer_of_a_whole_one(
    house: House, performance: str
) -> None:
    holds = f"/v1/performances/{performance}/holds"
    fields = await house.buyer() | GOOD
    body = b'{"places":[1,2]}'
    whole = await asked(house.app, holds, body, fields)
    assert whole == await asked(house.app, holds, body, fields, pieces=4)
    assert whole.status == 201


@pytest.mark.parametrize("of", ["0" * 24, "x" * 24, "é" * 24])
async def test_an_unknown_performance_is_the_same_both_ways(
    house: House, of: str
) -> None:
    path, body = f"/v1/performances/{of}/holds", b'{"places":[1]}'
    fields = await house.buyer() | GOOD
    short = await asked(alone(house), path, body, fields)
    assert short == await asked(behind(house), path, body, fields)
    assert short.status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/performances/{of}/holds/",
        "/v1/performances/{of}/holds?x=1",
        "/v1/performances/{of}/open",
        "/v1/performances/{of}0/holds",
        "/v1/performances//holds",
    ],
)
async def test_whatever_is_unusual_goes_the_long_way(house: House, path: str) -> None:
    with pytest.raises(pytest.fail.Exception):
        await asked(alone(house), path.format(of="0" * 24), b"{}", GOOD)
