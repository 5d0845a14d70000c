"""Somebody without scripts at a house that runs: opens pages and sends their forms."""

from __future__ import annotations

from typing import Any

import httpx

from tests.unit.pages.site import OWN, Page


class Walker:
    """One browser with cookies of its own."""

    def __init__(self, url: str, **headers: str) -> None:
        self._client = httpx.Client(
            base_url=url, headers={**OWN, **headers}, follow_redirects=True, timeout=30
        )

    def open(self, path: str) -> Page:
        """Open a page."""
        return self._page(self._client.get(path))

    def follow(self, page: Page, link: str) -> Page:
        """Follow a link by its words."""
        return self.open(page.links[link])

    def send(self, page: Page, button: str, **fields: Any) -> Page:
        """Press a button of a page's form."""
        name, value = page.button_fields[button]
        pressed = {name: value} if name else {}
        given = {**page.fields, **fields, **pressed}
        return self._page(self._client.post(page.buttons[button], data=given))

    def close(self) -> None:
        """Go home."""
        self._client.close()

    @staticmethod
    def _page(answer: httpx.Response) -> Page:
        return Page(answer.status_code, answer.url.path, answer.text)
