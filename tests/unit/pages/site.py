"""A browser without scripts: follows links, sends forms, keeps cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.unit.api.house import House

OWN = {"sec-fetch-site": "same-origin", "accept": "text/html"}


@dataclass
class Page(HTMLParser):
    """A page as somebody without scripts has it."""

    status: int
    path: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)
    ticked: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    action: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._button: str | None = None
        self._button_field = ("", "")
        self.button_fields: dict[str, tuple[str, str]] = {}
        self.links: dict[str, str] = {}
        self._link: str | None = None
        self.feed(re.sub(r"<template.*?</template>", "", self.text, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given["value"]
        elif tag == "input" and given.get("name") == "place":
            self._place(given)
        elif tag == "button" and given.get("type") != "button":
            self._button = given.get("formaction", self.action)
            self._button_field = (given.get("name", ""), given.get("value", ""))
        elif tag == "a":
            self._link = given["href"]

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self.buttons[data.strip()] = self._button
            self.button_fields[data.strip()] = self._button_field
            self._button = None
        elif self._link is not None and data.strip():
            self.links[data.strip()] = self._link
            self._link = None

    def _place(self, given: dict[str, str]) -> None:
        ordinal = int(given["value"])
        if "checked" in given:
            self.ticked.append(ordinal)
        if "disabled" not in given:
            self.free.append(ordinal)

    @property
    def notice(self) -> str:
        found = re.search(r'class="notice"[^>]*>([^<]*)<', self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """Everything that can be read."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.text))


class Visitor:
    """Somebody with a browser and cookies of their own."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.cookies: dict[str, str] = {}

    async def open(self, path: str) -> Page:
        return await self._follow("GET", path)

    async def send(
        self, page: Page, button: str, *, places: tuple[int, ...] = (), **fields: Any
    ) -> Page:
        """Press a button of a page's form."""
        given: dict[str, Any] = {**page.fields, **fields}
        name, value = page.button_fields[button]
        if name:
            given[name] = value
        if places:
            given["place"] = [str(ordinal) for ordinal in places]
        return await self._follow("POST", page.buttons[button], data=given)

    async def follow(self, page: Page, link: str) -> Page:
        """Follow a link by its words."""
        return await self._follow("GET", page.links[link])

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request as it is; read models are made fresh first."""
        if self._house.container.store.head().position:
            await self._house.project()
        headers = {**OWN, **options.pop("headers", {})}
        if self.cookies:
            pairs = (f"{name}={value}" for name, value in self.cookies.items())
            headers["cookie"] = "; ".join(pairs)
        answer = await self._house.client.request(
            method, path, headers=headers, **options
        )
        self._house.client.cookies.clear()
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer

    async def _follow(self, method: str, path: str, **options: Any) -> Page:
        answer = await self.request(method, path, **options)
        while answer.status_code == 303:
            path = answer.headers["location"]
            answer = await self.request("GET", path)
        return Page(answer.status_code, path, answer.text)
