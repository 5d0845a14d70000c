"""What stands around every answer: security fields, figures, a last resort.

An error that gets here was foreseen by nobody: it is logged, counted and answered as a
problem without details. It is never hidden once an answer has begun.
"""

from __future__ import annotations

from time import perf_counter

from boxoffice_api.asgi import App, Message, Receive, Scope, Send
from boxoffice_api.metrics import answered
from boxoffice_api.problems import answer_error

UNMATCHED = "unmatched"
SECURITY_FIELDS: list[tuple[bytes, bytes]] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]
PAGE_POLICY = (
    b"default-src 'self'; object-src 'none'; base-uri 'none';"
    b" form-action 'self'; frame-ancestors 'none'"
)
POLICY_FIELD = b"content-security-policy"


class Shield:
    """Wraps the framework."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        since = perf_counter()
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = _with_security(list(message["headers"]))
                route = scope.get("path_template") or UNMATCHED
                answered(route, message["status"], since=since)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:
            if begun:
                raise
            answer = answer_error(error, path=scope["path"])
            await guarded(
                {
                    "type": "http.response.start",
                    "status": answer.status,
                    "headers": answer.fields(),
                }
            )
            await send({"type": "http.response.body", "body": answer.body})


def _with_security(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = dict(fields)
    fields += [field for field in SECURITY_FIELDS if field[0] not in given]
    is_page = given.get(b"content-type", b"").startswith(b"text/html")
    if is_page and POLICY_FIELD not in given:
        fields.append((POLICY_FIELD, PAGE_POLICY))
    return fields
