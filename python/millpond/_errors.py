"""Errors: one class for each of the engine's codes."""

from __future__ import annotations


class Error(Exception):
    """What went wrong, and what can be done about it.

    `code` is stable and also names the class; `message` may change. `hint` says what to do, or is empty.
    `exit_status` is what the command line would end with, `http_status` what a server would answer.
    """

    code: str = "internal"
    message: str
    hint: str
    exit_status: int
    http_status: int

    def __init__(self, message: str = "", hint: str = "", exit_status: int = 1, http_status: int = 500) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_status = exit_status
        self.http_status = http_status

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[type[Error], tuple[str, str, int, int]]:
        return type(self), (self.message, self.hint, self.exit_status, self.http_status)


class InvalidArgumentError(Error, ValueError):
    """The request or the input is wrong; change it."""

    code = "invalid_argument"


class NotFoundError(Error, LookupError):
    """The thing named does not exist."""

    code = "not_found"


class AlreadyExistsError(Error):
    """The thing to be made exists."""

    code = "already_exists"


class ConflictError(Error):
    """Somebody else committed first; try again on the new state."""

    code = "conflict"


class PermissionDeniedError(Error):
    """The principal or the operating system refuses."""

    code = "permission_denied"


class UnauthenticatedError(Error):
    """No or wrong credentials."""

    code = "unauthenticated"


class ResourceExhaustedError(Error):
    """A limit was met: memory, disk, pages, depth, expansion."""

    code = "resource_exhausted"


class DeadlineExceededError(Error):
    """A time limit was met."""

    code = "deadline_exceeded"


class CancelledError(Error):
    """The caller stopped it."""

    code = "cancelled"


class DataCorruptError(Error):
    """Stored or received bytes are not what they should be."""

    code = "data_corrupt"


class UnavailableError(Error):
    """A service is not there now; trying later may help."""

    code = "unavailable"


class UnsupportedError(Error):
    """Valid, but not covered."""

    code = "unsupported"


class IoError(Error):
    """The operating system failed to read or write."""

    code = "io_error"


class InternalError(Error):
    """A bug in millpond."""

    code = "internal"


BY_CODE: dict[str, type[Error]] = {each.code: each for each in Error.__subclasses__()}


def make(code: str, message: str, hint: str, exit_status: int, http_status: int) -> Error:
    """The error of the engine as its class; called by the extension."""
    return BY_CODE.get(code, InternalError)(message, hint, exit_status, http_status)
