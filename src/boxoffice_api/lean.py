"""The short way for `POST /v1/performances/<id>/holds`, in front of the framework.

Thousands of buyers ask this at once and nothing else as often. What looks like the
ordinary request is served here with the same function, decoder, writer, renderer and
problems as behind; anything unusual (a body in pieces, a query) goes to the framework
with what was already received, so both ways give the same bytes.
"""

from __future__ import annotations

from time import perf_counter

from boxoffice_api.answers import Answer
from boxoffice_api.asgi import App, Message, Receive, Scope, Send
from boxoffice_api.bodies import BODY_BYTES_MAX
from boxoffice_api.edge import Edge
from boxoffice_api.head import read_head
from boxoffice_api.metrics import answered
from boxoffice_api.problems import answer_error
from boxoffice_api.routes.holds import place_hold
from boxoffice_api.shield import SECURITY_FIELDS

PREFIX = "/v1/performances/"
SUFFIX = "/holds"
ID_LENGTH = 24
ROUTE = PREFIX + "{performance}" + SUFFIX
_ID = slice(len(PREFIX), len(PREFIX) + ID_LENGTH)
_PATH_LENGTH = len(PREFIX) + ID_LENGTH + len(SUFFIX)


class LeanHolds:
    """Serves holds; passes everything else on to `rest`."""

    def __init__(self, edge: Edge, rest: App) -> None:
        self._edge = edge
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_hold(scope):
            await self._rest(scope, receive, send)
            return
        since = perf_counter()
        message = await receive()
        body = message.get("body", b"")
        is_whole = message["type"] == "http.request" and not message.get("more_body")
        if not is_whole or len(body) > BODY_BYTES_MAX:
            await self._rest(scope, _again(message, receive), send)
            return
        answer = await self._hold(scope, body)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.fields() + SECURITY_FIELDS,
            }
        )
        await send({"type": "http.response.body", "body": answer.body})
        answered(ROUTE, answer.status, since=since)

    async def _hold(self, scope: Scope, body: bytes) -> Answer:
        path: str = scope["path"]
        try:
            return await place_hold(self._edge, read_head(scope), path[_ID], body)
        except Exception as error:  # noqa: BLE001 - whatever it is, a buyer waits
            return answer_error(error, path=path)


def _is_hold(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST" or scope["query_string"]:
        return False
    path: str = scope["path"]
    return (
        len(path) == _PATH_LENGTH and path.startswith(PREFIX) and path.endswith(SUFFIX)
    )


def _again(first: Message, receive: Receive) -> Receive:
    """Give what was received already, then the rest."""
    waiting = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
