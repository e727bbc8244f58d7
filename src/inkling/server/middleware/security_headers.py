"""Security headers on every answer. The gate adds them.

The pages load nothing from another host and run no inline script, so the policy is strict.
Source: OWASP Secure Headers Project; Content Security Policy Level 3 (W3C).
"""

from __future__ import annotations

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers without frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def with_security_headers(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers of an answer, and every security header that it does not set itself."""
    own = {name for name, _ in headers}
    return [*headers, *(pair for pair in HEADERS.items() if pair[0] not in own)]
