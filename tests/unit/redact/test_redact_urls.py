"""Addresses keep their origin and the words of their route, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.redact.redactor import Redactor


@pytest.mark.parametrize(
    ("url", "origin", "route"),
    [
        ("https://shop.example/orders/4711?q=jane#top", "https://shop.example", "/orders/:id"),
        ("https://jane:secret@Shop.Example:8443/", "https://shop.example:8443", "/"),
        ("http://127.0.0.1:5000/users/karrie/settings", "http://127.0.0.1:5000", "/users/:id/settings"),
        ("https://a.example/v2/docs/550e8400-e29b-41d4-a716-446655440000", "https://a.example", "/v2/docs/:id"),
        ("https://a.example/jane%40example.org/mail", "https://a.example", "/:id/mail"),
        ("https://[::1]:8080/a-page", "https://[::1]:8080", "/a-page"),
        ("https://a.example/users/rose/settings", "https://a.example", "/users/:id/settings"),
        ("https://a.example/users/settings", "https://a.example", "/users/settings"),
        ("https://a.example/mark-baker", "https://a.example", "/:id"),
        ("https://a.example/rose", "https://a.example", "/:id"),
        ("https://a.example/blog/how-i-left-my-work-at-the-bank", "https://a.example", "/blog/:id"),
        ("https://a.example/2024/05/12/about", "https://a.example", "/:id/:id/:id/about"),
        ("https://a.example/d41d8cd98f00b204e9800998ecf8427e", "https://a.example", "/:id"),
        ("https://a.example/share/aGVsbG8gd29ybGQ=", "https://a.example", "/share/:id"),
        ("https://a.example/deadbeef", "https://a.example", "/:id"),
        ("https://a.example/ABXZ/index", "https://a.example", "/:id/index"),
        ("https://a.example/~jane/%6a%61ne", "https://a.example", "/:id/:id"),
        ("https://a.example/en-gb/help/contact.html", "https://a.example", "/en-gb/help/contact.html"),
        ("https://a.example/order-history;jsessionid=1A2B", "https://a.example", "/:id"),
        ("https://a.example//reset//Xk9fQ2zz", "https://a.example", "/reset/:id"),
        ("file:///home/jane/letter.html", "file://", "/:id"),
        ("about:blank", "about://", "/:id"),
        ("not a url", "", ""),
        ("https://", "", ""),
        ("https://a.example:99999/", "", ""),
        ("https://[broken/", "", ""),
        ("", "", ""),
    ],
)
def test_origin_and_route(redactor: Redactor, url: str, origin: str, route: str) -> None:
    assert redactor.origin_and_route(url) == (origin, route)
    assert redactor.url_origin(url) == origin


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_raises_and_no_query_survives(path: str, query: str) -> None:
    redactor = Redactor(b"k")
    assert redactor.origin_and_route(path) is not None
    _, route = redactor.origin_and_route(f"https://a.example/x?zzqzz{query}")
    assert "zzqzz" not in route


def test_urls_inside_text(redactor: Redactor) -> None:
    text = redactor.text("see https://shop.example/orders?id=9#top, or www.shop.example.").text
    assert text == "see https://shop.example/orders<URL_SECRET_1>, or www.shop.example."
