"""Security headers on every answer.

The page loads nothing from another host and runs no inline script, so the policy can be as strict as it gets.
Source: OWASP Secure Headers Project; Content Security Policy Level 3 (W3C).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask, Response

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # frame-ancestors for browsers that do not know it
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_headers(app: Flask) -> None:
    """Keeps answers in JSON out of caches. The security headers are set by the gate, on every answer."""

    @app.after_request
    def uncached(response: Response) -> Response:
        if response.mimetype == "application/json":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def secured(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of an answer with the security headers that it has not set itself."""
    own = {name for name, _ in headers}
    return [*headers, *(pair for pair in HEADERS.items() if pair[0] not in own)]
