"""Every way a wish can be refused, as one tree.

::

    StacktillError              has a stable ``code`` (or None), a ``message`` and a ``param``
    ├── RequestError            the caller can mend it
    │   ├── InvalidRequest      a value, a combination or a state does not allow it
    │   │   ├── InvalidParameter    one named parameter is wrong
    │   │   └── StateConflict       the object's status forbids it
    │   ├── NotFound            no such object for this caller
    │   ├── Unauthenticated     no key, or an unknown one
    │   ├── Forbidden           the key may not do this
    │   ├── IdempotencyMismatch the key was used for another wish
    │   ├── IdempotencyInUse    the first wish under this key still runs
    │   ├── RateLimited         too many requests
    │   ├── BodyTooLarge        more bytes than a request may have
    │   └── PluginRefused       a decision hook said no
    ├── Unavailable             a part the request needs is down; try again
    ├── ConfigError             the appliance cannot start as configured
    └── InvariantBroken         the books disagree: a defect, never shown in detail

HTTP statuses live in ``stacktill.web.errors`` and nowhere else.
"""

from __future__ import annotations

__all__ = [
    "BodyTooLarge",
    "ConfigError",
    "Forbidden",
    "IdempotencyInUse",
    "IdempotencyMismatch",
    "InvalidParameter",
    "InvalidRequest",
    "InvariantBroken",
    "NotFound",
    "PluginRefused",
    "RateLimited",
    "RequestError",
    "StacktillError",
    "StateConflict",
    "Unauthenticated",
    "Unavailable",
]


class StacktillError(Exception):
    """The root: a sentence for people, a code for programs, the parameter at fault."""

    default_code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code if code is not None else self.default_code
        self.param = param


class RequestError(StacktillError):
    """The caller can mend it."""


class InvalidRequest(RequestError):
    """A value, a combination of values or a state does not allow the wish."""


class InvalidParameter(InvalidRequest):
    """One named parameter is wrong."""


class StateConflict(InvalidRequest):
    """The object's status forbids the move.

    ``object_type`` and ``object_id`` name the object, so that the answer can show it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        object_type: str | None = None,
        object_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, param=param)
        self.object_type = object_type
        self.object_id = object_id


class NotFound(RequestError):
    """No such object for this caller; the same answer whether it is another's or nobody's."""

    default_code = "resource_missing"


class Unauthenticated(RequestError):
    """No API key, or one that is unknown, expired or revoked."""


class Forbidden(RequestError):
    """A known caller without the right."""


class IdempotencyMismatch(RequestError):
    """The idempotency key was first used for another wish."""


class IdempotencyInUse(RequestError):
    """The first wish under this idempotency key still runs."""

    default_code = "idempotency_key_in_use"


class RateLimited(RequestError):
    """Too many requests; ``retry_after_seconds`` says when there is room again."""

    default_code = "rate_limit"

    def __init__(self, message: str, *, retry_after_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class BodyTooLarge(RequestError):
    """The request has more bytes than it may have."""


class PluginRefused(RequestError):
    """A plugin's decision hook refused the wish."""


class Unavailable(StacktillError):
    """Something the request needs is down for now; nothing was changed."""


class ConfigError(StacktillError):
    """The appliance cannot start as configured; the message names file, table and key."""


class InvariantBroken(StacktillError):
    """The books disagree with themselves: a defect of ours."""
