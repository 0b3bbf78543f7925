"""Who may hold the payer's page, and whom it talks to."""

from __future__ import annotations

import pytest

from stacktill.web.embed.framing import framing_of

A, B = "https://a.example", "https://b.example"


@pytest.mark.parametrize(
    ("allowed", "embed", "origin", "expected"),
    [
        ((), None, None, ("'none'", None, "same-origin")),
        ((), "1", A, ("'none'", None, "same-origin")),
        ((A,), None, None, (A, None, "same-origin")),
        ((A,), None, A, (A, None, "same-origin")),
        ((A, B), "1", B, (f"{A} {B}", B, "same-origin")),
        ((A,), "1", "https://evil.example", (A, None, "same-origin")),
        ((A,), "1", "null", (A, None, "same-origin")),
        ((A,), "popup", A, (A, A, "unsafe-none")),
        ((A,), "popup", f"{A}.evil", (A, None, "same-origin")),
        ((A,), "yes", A, (A, None, "same-origin")),
    ],
)
def test_only_listed_origins_are_talked_to(
    allowed: tuple[str, ...],
    embed: str | None,
    origin: str | None,
    expected: tuple[str, str | None, str],
) -> None:
    found = framing_of(allowed, embed, origin)
    assert (found.ancestors, found.parent, found.opener_policy) == expected
