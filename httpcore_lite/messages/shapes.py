"""What rooms below `models` ask of its objects, for type checkers: they know the shape of a request, not its class.

Nothing loads this.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal, Protocol

    from ..structures import CaseInsensitiveDict

    class Readable(Protocol):
        """Anything with `read`: a file, a pipe, a response."""

        def read(self, length: int = ..., /) -> str | bytes: ...

    class Request(Protocol):
        """A request as a program says it."""

        url: Any

    class PreparedRequest(Protocol):
        """A request as it is sent."""

        method: Any
        url: Any
        headers: Any
        body: Any
        _body_position: object
        _options: object

        def copy(self) -> Any: ...
        def prepare_content_length(self, body: Any, /) -> None: ...
        def _encode_files(self, files: Any, data: Any, /) -> tuple[object, str]: ...
        def _encode_params(self, data: Any, /) -> object: ...

    class Response(Protocol):
        """A response whose body may still have to be read."""

        status_code: int
        headers: CaseInsensitiveDict[str]
        encoding: str | None
        url: str
        raw: Any
        history: Any
        request: Any
        _content: bytes | Literal[False] | None
        _content_consumed: bool
        _failure: Exception | None

        @property
        def content(self) -> bytes: ...

        def close(self) -> None: ...
        def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]: ...
