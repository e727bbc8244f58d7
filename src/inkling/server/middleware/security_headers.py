"""Security headers on every answer.

The pages load nothing from another host and run no inline script, so the policy is strict. The networks run in the
page as WebAssembly, which a policy must allow by name.
Source: OWASP Secure Headers Project; Content Security Policy Level 3 (W3C).
"""

from __future__ import annotations

CONTENT_POLICY = (  # also in pages that no server sends, which cannot say who may frame them
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": f"{CONTENT_POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers without frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
