"""The tree of all errors that inkling raises deliberately.

    InklingError
    |- BadPicture                     an unusable picture
    |  |- EmptyPicture           400  no bytes
    |  |- UnknownFormat          415  not a picture, or an unsupported format
    |  |- ImageTooLarge          413  too many bytes or pixels, or too expensive to decode
    |  |- ImageTooSmall          422  too few pixels for a digit
    |  |- BrokenPicture          422  damaged or truncated bytes
    |  `- DeadlineExceeded       422  a picture that takes too long to read
    |- BadRequest                400  a wrong parameter, option or body
    |- NotFound                  404  a missing route, file or folder
    |- UnknownName               404  an unknown model, recipe or data set
    |- WrongNetwork              422  a network without the layers that the task needs
    |- NoReport                  404  a model whose current version has no report
    |- BadBundle                 503  a bundle that is incomplete or does not match its checksum
    |- BadTemplate               400  an invalid or contradictory form template
    |- BadRecipe                 400  a recipe with a wrong key, type or range
    |- BadKey                    401  a missing or wrong API key
    |- TooManyRequests           429  more requests from one client than the operator allows
    |- ForeignRequest            403  a cross-site request
    |- Busy                      409  an exclusive task that is already running
    |- HandsClosed               404  a service that stores no hands
    |- StoreFull                 422  more hands, lessons or bytes than the store may hold
    |- LabClosed                 503  no training here: no lab, no `learn` extra or no MNIST
    |- CannotWrite               503  a folder that is read-only or full
    |- CannotRender              500  a page that a static site cannot contain
    |- BadData                   503  training data missing, damaged or unreachable
    |- MissingExtra              503  an optional part of the package that is not installed
    |- NoPermission              403  a file, folder or bucket that this user or these credentials may not use
    |- Overloaded                503  too much concurrent work for the service
    |- Unreachable               503  a service that the client cannot reach, or that is not inkling
    `- ServiceError                   a service's error whose kind is not in this tree

A message has three parts: what was received; what was expected; what to do. `status` is the HTTP status of the web
service's response. The command line prints only the message.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InklingError(Exception):
    """Base class of all errors that inkling raises deliberately. `str(error)` is a message for the user."""

    status = 500

    @property
    def kind(self) -> str:
        """The class name: the `kind` of the JSON error body."""
        return type(self).__name__


class BadPicture(InklingError):
    status = 422


class EmptyPicture(BadPicture):
    status = 400


class UnknownFormat(BadPicture):
    status = 415


class ImageTooLarge(BadPicture):
    status = 413


class ImageTooSmall(BadPicture):
    status = 422


class BrokenPicture(BadPicture):
    status = 422


class DeadlineExceeded(BadPicture):
    status = 422


class BadRequest(InklingError):
    status = 400


class NotFound(InklingError):
    status = 404


class UnknownName(InklingError):
    """An unknown name. The message lists the valid names and suggests the closest one.

    Without a `name`, `what` is the complete message, as received from a service or another process.
    """

    status = 404

    def __init__(self, what: str, name: str | None = None, choices: Iterable[str] = ()) -> None:
        if name is None:
            super().__init__(what)
            return
        choices = sorted(choices)
        message = f"unknown {what} {name!r}; choose from: {', '.join(choices) or '(none)'}."
        near = difflib.get_close_matches(name, choices, n=1)
        super().__init__(f"{message} Did you mean {near[0]!r}?" if near else message)


class WrongNetwork(InklingError):
    status = 422


class NoReport(InklingError):
    status = 404


class BadBundle(InklingError):
    status = 503


class BadRecipe(InklingError):
    status = 400


class BadTemplate(InklingError):
    status = 400


class BadKey(InklingError):
    status = 401


class TooManyRequests(InklingError):
    """`retry_after_s`: whole seconds until the next request is accepted."""

    status = 429

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ForeignRequest(InklingError):
    status = 403


class Busy(InklingError):
    status = 409


class HandsClosed(InklingError):
    status = 404


class StoreFull(InklingError):
    status = 422


class LabClosed(InklingError):
    status = 503


class CannotWrite(InklingError):
    status = 503


class CannotRender(InklingError):
    status = 500


class BadData(InklingError):
    status = 503


class MissingExtra(InklingError):
    """A library of an optional extra (`learn` or `cluster`) is not installed.

    Without an `extra`, `task` is the complete message, as received from a service or another process.
    """

    status = 503

    def __init__(self, task: str, extra: str | None = None) -> None:
        super().__init__(
            task
            if extra is None
            else f"{task} needs the {extra!r} extra, which is not installed; "
            f"in a clone of the project, install it with: make install-{extra}"
        )


class NoPermission(InklingError):
    status = 403


class Overloaded(InklingError):
    status = 503


class Unreachable(InklingError):
    status = 503


class ServiceError(InklingError):
    """An error reported by a service, with the service's kind and status (400..599)."""

    def __init__(self, kind: str, message: str, status: int) -> None:
        super().__init__(message)
        self._kind, self.status = kind or "ServiceError", status

    @property
    def kind(self) -> str:
        return self._kind
