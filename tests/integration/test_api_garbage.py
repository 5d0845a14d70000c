"""Nothing that a client sends gives a 5xx, and the server lives on.

Bytes are written to a real server on loopback as they are: no client library tidies
them up first.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from boxoffice_api import guarded_http
from boxoffice_api.bodies import BODY_BYTES_MAX
from tests.unit.api.house import open_house, plan_file
from tests.unit.api.serving import Reply, serving, talk

MUTATIONS = 600
SILENCE_LIMIT_S = 0.2
"""How long a request may stay unfinished here."""


@dataclass(frozen=True)
class Served:
    """A running server and what its callers need."""

    port: int
    performance: str
    hold: str
    buyer: bytes
    staff: bytes

    def request(
        self,
        target: bytes,
        body: bytes = b"",
        *,
        method: bytes = b"POST",
        fields: bytes = b"Content-Type: application/json\r\n",
        who: bytes | None = None,
    ) -> bytes:
        """Give the bytes of a request; `fields` are whole header lines."""
        who = self.buyer if who is None else who
        return (
            method + b" " + target + b" HTTP/1.1\r\nHost: boxoffice.test\r\n"
            b"Content-Length: %d\r\n"
            % len(body)
            + b"Authorization: "
            + who
            + b"\r\n"
            + fields
            + b"\r\n"
            + body
        )

    @property
    def holds(self) -> bytes:
        return b"/v1/performances/%b/holds" % self.performance.encode()


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guarded_http, "HEAD_S", SILENCE_LIMIT_S)
        patch.setattr(guarded_http, "SILENCE_S", SILENCE_LIMIT_S)
        async with _serving_one_show() as served:
            yield served


@asynccontextmanager
async def _serving_one_show() -> AsyncIterator[Served]:
    async with open_house() as house:
        performance = await house.on_sale()
        await house.project()
        buyer = await house.buyer()
        answer = await house.client.post(
            f"/v1/performances/{performance}/holds",
            json={"places": [20]},
            headers=buyer,
        )
        async with serving(house.container) as port:
            yield Served(
                port=port,
                performance=performance,
                hold=answer.json()["hold"],
                buyer=buyer["authorization"].encode(),
                staff=house.staff("admin")["authorization"].encode(),
            )


JSON_GARBAGE: dict[str, bytes] = {
    "empty": b"",
    "space": b"   ",
    "cut": b'{"places":[1,',
    "bad UTF-8 in a key": b'{"pla\xffces":[1]}',
    "bad UTF-8 in a value": b'{"places":["\xc3\x28"]}',
    "overlong UTF-8": b'{"places":["\xc0\xaf"]}',
    "UTF-16": '{"places":[1]}'.encode("utf-16"),
    "UTF-32": '{"places":[1]}'.encode("utf-32"),
    "byte order mark": b'\xef\xbb\xbf{"places":[1]}',
    "lone surrogate": b'{"places":["\\ud800"]}',
    "lone surrogate in a key": b'{"\\udfff":1}',
    "NUL": b'{"places":[1]}\x00',
    "NUL inside": b'{"pl\x00aces":[1]}',
    "escaped NUL": b'{"\\u0000":[1]}',
    "NaN": b'{"places":[NaN]}',
    "Infinity": b'{"places":[-Infinity]}',
    "5,000 digits": b'{"places":[' + b"9" * 5_000 + b"]}",
    "5,000 digits below zero": b'{"places":[-' + b"9" * 5_000 + b"]}",
    "5,000 decimals": b'{"places":[1.' + b"1" * 5_000 + b"]}",
    "1e999": b'{"places":[1e999]}',
    "1e-999": b'{"places":[1e-999]}',
    "exponent of 5,000 digits": b'{"places":[1e' + b"9" * 5_000 + b"]}",
    "a number that begins with 0": b'{"places":[01]}',
    "hexadecimal": b'{"places":[0x1]}',
    "20,000 arrays": b"[" * 20_000,
    "20,000 arrays, closed": b"[" * 20_000 + b"]" * 20_000,
    "20,000 objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "20,000 arrays where places stand": b'{"places":' + b"[" * 20_000 + b"}",
    "20,000 arrays in an unknown field": b'{"x":' + b"[" * 20_000 + b"}",
    "an array": b"[1,2]",
    "a string": b'"places"',
    "a number": b"7",
    "null": b"null",
    "true": b"true",
    "no field": b"{}",
    "unknown field": b'{"places":[1],"price":0}',
    "two trees": b'{"places":[1]}{"places":[1]}',
    "trailing comma": b'{"places":[1,]}',
    "comment": b'{"places":[1]} // please',
    "single quotes": b"{'places':[1]}",
    "places as a string": b'{"places":"1"}',
    "places as an object": b'{"places":{"0":1}}',
    "places null": b'{"places":null}',
    "place as a string": b'{"places":["1"]}',
    "place as a fraction": b'{"places":[1.5]}',
    "place as a whole float": b'{"places":[1.0]}',
    "place true": b'{"places":[true]}',
    "place null": b'{"places":[null]}',
    "place nested": b'{"places":[[1]]}',
    "no place": b'{"places":[]}',
    "nine places": b'{"places":[1,2,3,4,5,6,7,8,9]}',
    "60,000 places": b'{"places":[' + b"1," * 20_000 + b"1]}",
    "place 0": b'{"places":[0]}',
    "place -1": b'{"places":[-1]}',
    "place beyond 31 bits": b'{"places":[2147483648]}',
    "place beyond 64 bits": b'{"places":[18446744073709551616]}',
    "the price list's ordinal": b'{"places":[2147483647]}',
    "a place that is not there": b'{"places":[999999]}',
    "the same place twice": b'{"places":[1,1]}',
    "control characters": bytes(range(32)),
    "all bytes": bytes(range(256)),
    "a form": b"places=1&places=2",
    "a body over the limit": b'{"places":[1]' + b" " * BODY_BYTES_MAX + b"}",
}

CONTENT_TYPES: dict[str, bytes] = {
    "none": b"",
    "empty": b"Content-Type:\r\n",
    "text": b"Content-Type: text/plain\r\n",
    "form": b"Content-Type: application/x-www-form-urlencoded\r\n",
    "multipart without boundary": b"Content-Type: multipart/form-data\r\n",
    "multipart": b"Content-Type: multipart/form-data; boundary=x\r\n",
    "msgpack": b"Content-Type: application/x-msgpack\r\n",
    "UTF-16": b"Content-Type: application/json; charset=utf-16\r\n",
    "unknown charset": b"Content-Type: application/json; charset=klingon\r\n",
    "two charsets": b"Content-Type: application/json; charset=utf-8; charset=x\r\n",
    "garbage": b"Content-Type: ;;;===\r\n",
    "not ASCII": b"Content-Type: \xff\xfe/\xc3\xa9\r\n",
    "quotes": b'Content-Type: application/json; charset="utf-8\r\n',
    "very long": b"Content-Type: " + b"a" * 8_000 + b"\r\n",
}

FIELDS: dict[str, bytes] = {
    "cookie that is not ASCII": b"Cookie: bo_buyer=\xff\xfe\xc3\xa9\r\n",
    "staff cookie that is not ASCII": b"Cookie: bo_staff=bo_staff_\xff\r\n",
    "cookie of quotes": b'Cookie: bo_buyer="""; bo_staff=";;"\r\n',
    "5,000 cookies": b"Cookie: " + b"a=b; " * 5_000 + b"\r\n",
    "cookie without a name": b"Cookie: =; =x; ;;;\r\n",
    "key that is not ASCII": b"Idempotency-Key: \xc3\xa9\r\n",
    "empty key": b"Idempotency-Key: \r\n",
    "key of empty quotes": b'Idempotency-Key: ""\r\n',
    "key of one quote": b'Idempotency-Key: "\r\n',
    "key that ends in a backslash": b'Idempotency-Key: "a\\"\r\n',
    "key of 129 letters": b"Idempotency-Key: " + b"k" * 129 + b"\r\n",
    "key of 60,000 letters": b"Idempotency-Key: " + b"k" * 60_000 + b"\r\n",
    "key with spaces": b"Idempotency-Key: a b\r\n",
    "origin elsewhere": b"Origin: \xff://\xff\r\n",
    "500 entries in Accept": b"Accept: " + b"text/x;q=0.1," * 500 + b"\r\n",
    "Accept of nothing we have": b"Accept: image/png\r\n",
    "odd Accept-Encoding": b"Accept-Encoding: gzip;q=\xff, *;q=nan\r\n",
    "correlation that is not ASCII": b"X-Correlation-Id: \xff\n\r\n",
    "odd traceparent": b"Traceparent: 00-zz-\xff-01\r\n",
    "forged addresses": b"X-Forwarded-For: \xff, ::::, 1.2.3\r\n",
    "forged scheme": b"X-Forwarded-Proto: gopher\r\n",
    "odd range": b"Range: bytes=-\xff\r\n",
    "odd If-None-Match": b'If-None-Match: W/", "", *\xff\r\n',
    "upgrade to what we do not speak": b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    "a content encoding": b"Content-Encoding: gzip\r\n",
    "a trailer announced": b"Trailer: \xff\r\n",
    "expect nonsense": b"Expect: the-spanish-inquisition\r\n",
    "odd token": b"Boxoffice-Token: \xff.\xff.\xff\r\n",
}

CALLERS: dict[str, bytes] = {
    "nobody": b"",
    "no scheme": b"abc",
    "basic": b"Basic dXNlcjpwYXNz",
    "bearer of nothing": b"Bearer ",
    "bearer that is not ASCII": b"Bearer \xff\xfe\xc3\xa9",
    "bearer of another buyer": b"Bearer " + b"a" * 32 + b"." + b"A" * 43,
    "bearer of dots": b"Bearer ................",
    "bearer of 60,000 letters": b"Bearer " + b"a" * 60_000,
    "staff that is not": b"Bearer bo_staff_nobody",
    "staff that is not ASCII": b"Bearer bo_staff_\xff\xfe",
    "negotiate": b"Negotiate \x01\x02",
}

TARGETS: dict[str, bytes] = {
    "no such page": b"/nope",
    "no such version": b"/v9/performances",
    "raw bytes": b"/v1/performances/\xff\xfe",
    "bad escape": b"/v1/performances/%ZZ",
    "cut escape": b"/v1/performances/%",
    "escaped NUL": b"/v1/performances/%00",
    "escaped bad UTF-8": b"/v1/performances/%ff%fe",
    "escaped line ends": b"/v1/performances/%0d%0aX-Evil:%201",
    "escaped slash": b"/v1/performances/..%2f..%2fetc%2fpasswd",
    "dots": b"/v1/../../etc/passwd",
    "huge number": b"/v1/performances/" + b"9" * 5_000,
    "3,000 segments": b"/v1" + b"/a" * 3_000,
    "upper-case id": b"/v1/performances/0123456789ABCDEF01234567",
    "short id": b"/v1/performances/0123",
    "unknown performance": b"/v1/performances/" + b"0" * 24,
    "unknown availability": b"/v1/performances/" + b"0" * 24 + b"/availability",
    "unknown plan": b"/v1/plans/" + b"0" * 24,
    "odd plan": b"/v1/plans/%F0%9F%8E%AD",
    "plan version of letters": b"/v1/plans/" + b"0" * 24 + b"?version=x",
    "plan version of Arabic digits": b"/v1/plans/" + b"0" * 24 + b"?version=%D9%A1",
    "unknown order": b"/v1/orders/ABCDEFGHJK",
    "odd order": b"/v1/orders/%e2%98%83",
    "order of 5,000 letters": b"/v1/orders/" + b"A" * 5_000,
    "limit of letters": b"/v1/performances?limit=many",
    "limit below zero": b"/v1/performances?limit=-1",
    "limit of 5,000 digits": b"/v1/performances?limit=" + b"9" * 5_000,
    "limit not ASCII": b"/v1/performances?limit=\xff",
    "limit of bad escapes": b"/v1/performances?limit=%ff",
    "after nothing": b"/v1/performances?after=x",
    "5,000 parameters": b"/v1/performances?" + b"a=b&" * 5_000,
    "unknown problem": b"/problems/nope",
    "odd problem": b"/problems/%00",
    "asterisk": b"*",
    "absolute": b"http://elsewhere.test/v1/nope",
    "authority": b"elsewhere.test:443",
}

SECTIONS: dict[str, bytes] = {
    "letters": b"x",
    "below zero": b"-1",
    "beyond": b"99",
    "5,000 digits": b"9" * 5_000,
    "Arabic digit": b"%D9%A1",
    "superscript": b"%C2%B2",
    "fraction": b"0.5",
    "empty": b"%20",
}

TOKENS: dict[str, bytes] = {
    "garbage": b"garbage",
    "of letters": b"main.x.y",
    "of another log": b"other.1.1",
    "of another epoch": b"main.999.1",
    "of 5,000 digits": b"main.1." + b"9" * 5_000,
    "not UTF-8": b"%ff%fe",
    "below zero": b"main.1.-5",
    "of superscripts": b"main.%C2%B9.1",
    "of dots": b".....",
}

METHODS = (
    b"TRACE",
    b"CONNECT",
    b"PROPFIND",
    b"PATCH",
    b"PUT",
    b"DELETE",
    b"HEAD",
    b"BREW",
    b"post",
    b"",
    b"\xff",
    b"A" * 5_000,
)

FRAMING: dict[str, bytes] = {
    "no version": b"POST %b\r\n\r\n",
    "version 9": b"POST %b HTTP/9.9\r\nHost: x\r\n\r\n",
    "no host": b"GET %b HTTP/1.1\r\n\r\n",
    "two hosts": b"GET %b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "odd host": b"GET %b HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    "host of slashes": b"GET %b HTTP/1.1\r\nHost: a/b?c#d\r\n\r\n",
    "length of letters": b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    "length below zero": b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length of 5,000 digits": (
        b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n"
    ),
    "two lengths": (
        b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Content-Length: 3\r\n\r\n{}"
    ),
    "length and chunks": (
        b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "odd transfer encoding": (
        b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: rot13\r\n\r\n"
    ),
    "odd chunk size": (
        b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    ),
    "chunk of 5,000 digits": (
        b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"f" * 5_000
        + b"\r\n"
    ),
    "field without a colon": b"GET %b HTTP/1.1\r\nHost: x\r\nNonsense\r\n\r\n",
    "field name that is not ASCII": b"GET %b HTTP/1.1\r\nHost: x\r\n\xff: 1\r\n\r\n",
    "field with a NUL": b"GET %b HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
    "folded field": b"GET %b HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "bare line ends": b"GET %b HTTP/1.1\nHost: x\n\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03%b\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n%b",
    "words": b"hello, anybody at %b?\r\n\r\n",
}

UNFINISHED: dict[str, bytes] = {
    "nothing": b"",
    "a cut line": b"POST /v1/perf",
    "a cut head": b"POST /v1/buyers HTTP/1.1\r\nHost: x\r\n",
    "a cut body": (
        b"POST /v1/plans HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n"
        b"Content-Type: application/json\r\n\r\n{"
    ),
    "a cut chunk": (
        b"POST /v1/plans HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/json\r\n\r\n5\r\n{"
    ),
}


def _multipart(part: bytes) -> bytes:
    return b"--x\r\n" + part + b"\r\n--x--\r\n"


_FILE = b'Content-Disposition: form-data; name="f"; filename="p.json"\r\n'
FORMS: dict[str, bytes] = {
    "empty": b"",
    "cut": b"--x\r\nContent-Dispo",
    "no end": b"--x\r\n" + _FILE + b"\r\n{}",
    "no name": _multipart(b"Content-Disposition: form-data\r\n\r\n{}"),
    "no fields": _multipart(b"\r\n{}"),
    "odd disposition": _multipart(b"Content-Disposition: ;;;=\xff\r\n\r\n{}"),
    "odd charset": _multipart(
        _FILE + b"Content-Type: text/plain; charset=klingon\r\n\r\n{}"
    ),
    "bad UTF-8": _multipart(b'Content-Disposition: form-data; name="f"\r\n\r\n\xff'),
    "extended name": _multipart(
        b"Content-Disposition: form-data; name*=utf-9''%ff\r\n\r\n{}"
    ),
    "no file": _multipart(b'Content-Disposition: form-data; name="f"\r\n\r\n{}'),
    "a file that is no plan": _multipart(_FILE + b"\r\n{}"),
    "a file that is not JSON": _multipart(_FILE + b"\r\n\xff\xfe"),
    "two files": b"--x\r\n" + _FILE + b"\r\n{}\r\n" + _multipart(_FILE + b"\r\n{}"),
    "3,000 parts": (b"--x\r\n" + _FILE + b"\r\n{}\r\n") * 3_000 + b"--x--\r\n",
    "another boundary": b"--y\r\n" + _FILE + b"\r\n{}\r\n--y--\r\n",
}

PLANS: dict[str, bytes] = {
    "20,000 arrays": b"[" * 20_000,
    "20,000 arrays in a tolerated field": (
        b'{"name":"x","extra":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    ),
    "5,000 digits": b'{"name":"x","size":{"width":' + b"9" * 5_000 + b"}}",
    "bad UTF-8": b'{"name":"\xff"}',
    "lone surrogate": b'{"name":"\\ud800","categories":[],"zones":[]}',
    "no zones": b'{"name":"x","categories":[]}',
    "zones of numbers": b'{"name":"x","categories":[],"zones":[1]}',
    "NaN": b'{"name":"x","categories":[],"zones":[],"size":{"width":NaN,"height":1}}',
    "over the limit": b" " * 8_000_001,
}


def _price(minor: bytes, *, currency: bytes = b"USD", category: bytes = b"0") -> bytes:
    price = b'{"minor":%b,"currency":"%b"}' % (minor, currency)
    return b'{"prices":[{"category":%b,"price":%b}]}' % (category, price)


STAFF_BODIES: dict[tuple[bytes, bytes], dict[str, bytes]] = {
    (b"POST", b"/v1/productions"): {
        "empty title": b'{"title":""}',
        "title of NULs": b'{"title":"\\u0000"}',
        "title of line ends": b'{"title":"a\\nb"}',
        "title of spaces": b'{"title":"   "}',
        "title of 10,000 letters": b'{"title":"' + b"a" * 10_000 + b'"}',
        "title of a lone surrogate": b'{"title":"\\ud83d"}',
    },
    (b"POST", b"/v1/performances"): {
        "no fields": b"{}",
        "dates out of range": b'{"starts_at":"99999-01-01T00:00:00Z"}',
        "date without an offset": b'{"starts_at":"2026-01-01T00:00:00"}',
        "date as a number": b'{"starts_at":1}',
    },
    (b"PUT", b"/v1/promotions/SPRING"): {
        "nothing off": b'{"currency":"USD"}',
        "more than all": b'{"currency":"USD","basis_points":10001}',
        "below zero": b'{"currency":"USD","amount_off":-1}',
        "a year too many": b'{"currency":"USD","valid_from":"99999-01-01T00:00:00Z"}',
    },
    (b"PUT", b"/v1/promotions/%ff"): {"odd code": b'{"currency":"USD"}'},
    (b"PUT", b"/v1/comp-budgets/UPPER"): {"odd name": b'{"places_max":1}'},
    (b"POST", b"/v1/performances/%b/cancel"): {
        "no reason": b"{}",
        "reason of NULs": b'{"reason":"\\u0000"}',
    },
    (b"POST", b"/v1/performances/%b/move"): {
        "a year too many": b'{"starts_at":"99999-01-01T00:00:00Z"}',
    },
    (b"PUT", b"/v1/performances/%b/prices"): {
        "negative": _price(b"-1"),
        "fraction": _price(b"0.5"),
        "too much": _price(b"9007199254740991"),
        "other money": _price(b"1", currency=b"EUR"),
        "odd money": _price(b"1", currency=b"\\u00dc"),
        "no such level": _price(b"1", category=b"7"),
    },
}


ORDERS: dict[str, bytes] = {
    "no e-mail": b'{"name":"Ann"}',
    "name of a lone surrogate": b'{"name":"\\ud83d","email":"a@b.test"}',
    "e-mail of a lone surrogate": b'{"name":"Ann","email":"\\ud83d@b.test"}',
    "name of a NUL": b'{"name":"\\u0000","email":"a@b.test"}',
    "50,000 signs": b'{"name":"Ann","email":"' + b"@" * 50_000 + b'"}',
    "50,000 digits in a name": b'{"name":"' + b"1" * 50_000 + b'","email":"a@b"}',
    "method of an object": b'{"name":"Ann","email":"a@b.test","method":{}}',
    "code of an array": b'{"name":"Ann","email":"a@b.test","promotion":[]}',
    "card number": b'{"name":"Ann","email":"a@b.test","instrument":"4242424242424242"}',
    "price": b'{"name":"Ann","email":"a@b.test","price":-1}',
}
ORDER_PATHS = (
    b"pay",
    b"cancel",
    b"exchange",
    b"refund",
    b"alternative/accept",
    b"alternative/decline",
    b"void",
    b"requests/x/approve",
    b"requests/%ff/deny",
    b"operation",
)


def _orders(served: Served) -> Iterator[tuple[str, bytes]]:
    """Orders that make no sense, and what is asked of orders that are not there."""
    mine = served.holds + b"/" + served.hold.encode()
    for name, body in ORDERS.items():
        yield f"order: {name}", served.request(mine + b"/order", body)
    for path in ORDER_PATHS:
        for code in (b"ABCDEFGHJK", b"%ff", b"A" * 5_000):
            target = b"/v1/orders/" + code + b"/" + path
            for who in (served.buyer, served.staff):
                name = f"{code!r:.12} {path.decode()} {who!r:.30}"
                yield f"order: {name}", served.request(target, b"{}", who=who)
    for place in (b"0", b"-1", b"x", b"9" * 5_000, b"%00"):
        target = mine + b"/places/" + place
        yield f"place: {place!r:.12}", served.request(target, method=b"DELETE")


def _schedule(served: Served) -> Iterator[tuple[str, bytes]]:
    """Dates at the edges of time, all else in order."""
    good = {
        "production": "0" * 24,
        "plan": "0" * 24,
        "starts_at": "2026-12-31T20:00:00-08:00",
        "zone": "America/Los_Angeles",
        "currency": "USD",
        "sale_from": "2026-12-01T00:00:00Z",
        "sale_until": "2026-12-31T20:00:00-08:00",
    }
    odd = {
        "zone that leads out": {"zone": "../../etc/passwd"},
        "zone of a folder": {"zone": "America"},
        "zone unknown": {"zone": "Mars/Olympus"},
        "the first year": {"sale_from": "0001-01-01T00:00:00+23:59"},
        "the last year": {"sale_until": "9999-12-31T23:59:59-23:59"},
        "sale backwards": {"sale_until": "2020-01-01T00:00:00Z"},
        "leap second": {"starts_at": "2026-12-31T23:59:60Z"},
        "currency of signs": {"currency": "U$D"},
    }
    for name, change in odd.items():
        body = json.dumps(good | change).encode()
        target = b"/v1/performances"
        yield f"schedule: {name}", served.request(target, body, who=served.staff)


def garbage(served: Served) -> Iterator[tuple[str, bytes]]:
    """Give every malformed request with its name; each of them can be answered."""
    hold = served.holds
    mine = hold + b"/" + served.hold.encode()
    for name, body in JSON_GARBAGE.items():
        yield f"JSON: {name}", served.request(hold, body)
        yield f"JSON behind: {name}", served.request(hold + b"?x=1", body)
        if body not in (b"", b"{}"):
            yield f"JSON to quote: {name}", served.request(mine + b"/quote", body)
        yield f"JSON to order: {name}", served.request(mine + b"/order", body)
        yield f"JSON to add: {name}", served.request(mine + b"/places", body)
    yield from _odd_fields(served)
    for name, target in TARGETS.items():
        yield f"target: {name}", served.request(target, method=b"GET")
    for name, section in SECTIONS.items():
        target = hold.replace(b"holds", b"seat-map/") + section
        yield f"section: {name}", served.request(target, method=b"GET")
    for name, token in TOKENS.items():
        target = hold.replace(b"holds", b"availability?token=") + token
        yield f"token: {name}", served.request(target, method=b"GET")
    for method in METHODS:
        yield f"method: {method!r:.20}", served.request(hold, method=method)
    for name, request in FRAMING.items():
        yield f"framing: {name}", request.replace(b"%b", hold)
    yield from _staff_garbage(served)
    yield from _schedule(served)
    yield from _orders(served)


def _odd_fields(served: Served) -> Iterator[tuple[str, bytes]]:
    hold, good = served.holds, b'{"places":[1]}'
    for name, fields in CONTENT_TYPES.items():
        yield f"type: {name}", served.request(hold, good, fields=fields)
        plan = served.request(b"/v1/plans", b"{}", fields=fields, who=served.staff)
        yield f"type of a plan: {name}", plan
    for name, field in FIELDS.items():
        fields = field + b"Content-Type: application/json\r\n"
        yield f"field: {name}", served.request(hold, b"{}", fields=fields)
    for name, who in CALLERS.items():
        yield f"caller: {name}", served.request(hold, good, who=who)
        yield f"caller of staff: {name}", served.request(b"/v1/plans", b"{}", who=who)


def _staff_garbage(served: Served) -> Iterator[tuple[str, bytes]]:
    multipart = b"Content-Type: multipart/form-data; boundary=x\r\n"
    for name, body in FORMS.items():
        request = served.request(b"/v1/plans", body, fields=multipart, who=served.staff)
        yield f"form: {name}", request
    for name, body in PLANS.items():
        yield f"plan: {name}", served.request(b"/v1/plans", body, who=served.staff)
    for (method, template), bodies in STAFF_BODIES.items():
        target = template.replace(b"%b", served.performance.encode())
        for name, body in bodies.items():
            request = served.request(target, body, method=method, who=served.staff)
            yield f"{target.decode()}: {name}", request


async def test_garbage_is_refused_and_never_a_fault_of_ours(served: Served) -> None:
    cases = dict(garbage(served))
    assert len(cases) >= 150
    replies = {name: await talk(served.port, case) for name, case in cases.items()}
    wrong = {n: r for n, r in replies.items() if not is_refusal(r)}
    assert wrong == {}
    await _check_alive(served)


def is_refusal(reply: Reply) -> bool:
    """A 4xx: a problem from the application, or plain from the server's parser."""
    is_parsers = reply.body == b"Invalid HTTP request received."
    is_problem = b"application/problem+json" in reply.head
    return 400 <= reply.status < 500 and (is_problem or is_parsers)


async def _check_alive(served: Served) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    assert (await talk(served.port, request)).status == 200
    hold = served.request(served.holds, b'{"places":[1]}')
    assert (await talk(served.port, hold)).status in (201, 409)


async def test_unfinished_requests_are_answered_and_hold_nobody_up(
    served: Served,
) -> None:
    for name, request in UNFINISHED.items():
        reply = await talk(served.port, request)
        assert is_refusal(reply) if request else not reply.status, name
    await _check_alive(served)


async def test_mutated_requests_never_give_a_5xx(served: Served) -> None:
    seed = random.randrange(10**9)
    dice = random.Random(seed)
    plan = json.dumps(plan_file(3)).encode()
    good = [
        served.request(served.holds, b'{"places":[1,2]}'),
        served.request(served.holds, method=b"GET"),
        served.request(b"/v1/plans", plan, who=served.staff),
        served.request(b"/v1/performances?limit=3&after=x", method=b"GET"),
    ]
    for number in range(MUTATIONS):
        request = bytearray(dice.choice(good))
        for _ in range(dice.randint(1, 4)):
            _mutate(request, dice)
        reply = await talk(served.port, bytes(request))
        assert reply.status < 500, (seed, number, bytes(request))
    await _check_alive(served)


def _mutate(request: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(request))
    match dice.randrange(4):
        case 0:
            request[at] = dice.randrange(256)
        case 1:
            del request[at : at + dice.randint(1, 8)]
        case 2:
            request[at:at] = dice.randbytes(dice.randint(1, 8))
        case _:
            request[at:at] = request[at : at + dice.randint(1, 40)]
    if not request:
        request.append(0)
