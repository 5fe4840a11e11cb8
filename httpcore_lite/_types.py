"""The types of the API's parameters, under requests' names.

For type checkers and for programs that import these names; nothing of ours imports this module at run time, so that
it may do what no other does, import `typing`. What exists at run time is what exists in requests at run time: two
protocols, the types of hooks, and `is_prepared`. The rest (`ParamsType`, `DataType` ...) is for type checkers, and is
imported under `if TYPE_CHECKING:`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

_T_co = TypeVar("_T_co", covariant=True)
_KT_co = TypeVar("_KT_co", covariant=True)
_VT_co = TypeVar("_VT_co", covariant=True)


@runtime_checkable
class SupportsRead(Protocol[_T_co]):
    """Anything with `read`: a file, a pipe, a response."""

    def read(self, length: int = ..., /) -> _T_co: ...


@runtime_checkable
class SupportsItems(Protocol[_KT_co, _VT_co]):
    """Anything with `items`: a mapping, or what looks like one."""

    def items(self) -> Iterable[tuple[_KT_co, _VT_co]]: ...


if TYPE_CHECKING:
    from typing import Concatenate

    # Called with the response, and keywords: a function that takes a response alone is one of this type, too.
    HookType: TypeAlias = Callable[Concatenate["Response", ...], Any]
else:
    HookType: TypeAlias = Callable[["Response"], Any]
HooksInputType: TypeAlias = Mapping[str, "Iterable[HookType] | HookType"]


def is_prepared(request: PreparedRequest) -> TypeIs[_ValidatedRequest]:
    """Tell a type checker that a request has its URL and its method. At run time always true (as requests)."""
    return True


if TYPE_CHECKING:
    import os
    import ssl
    from http.cookiejar import CookieJar
    from typing import Literal

    from typing_extensions import Buffer, TypeIs

    from .auth import AuthBase
    from .client.options import ExchangeKwargs
    from .cookies import RequestsCookieJar
    from .models import PreparedRequest as PreparedRequest
    from .models import Request as Request
    from .models import Response as Response
    from .sansio.timeouts import Timeouts
    from .structures import CaseInsensitiveDict
    from .urllib3_api.util.timeout import Timeout

    class _ValidatedRequest(PreparedRequest):
        """A request that was prepared: what may be None before has a value."""

        url: str  # pyright: ignore[reportIncompatibleVariableOverride]
        method: str  # pyright: ignore[reportIncompatibleVariableOverride]

    _Scalar: TypeAlias = str | bytes | int | float
    _ParamsMappingKeyType: TypeAlias = _Scalar
    _ParamsMappingValueType: TypeAlias = _Scalar | Iterable[_Scalar] | None
    _Readable: TypeAlias = SupportsRead[str | bytes]

    UriType: TypeAlias = str | bytes
    ParamsType: TypeAlias = (
        SupportsItems[_ParamsMappingKeyType, _ParamsMappingValueType]
        | tuple[tuple[_ParamsMappingKeyType, _ParamsMappingValueType], ...]
        | Iterable[tuple[_ParamsMappingKeyType, _ParamsMappingValueType]]
        | str
        | bytes
        | None
    )

    # Bodies
    KVDataType: TypeAlias = Iterable[tuple[Any, Any]] | SupportsItems[Any, Any]
    RawDataType: TypeAlias = KVDataType | str | bytes
    StreamDataType: TypeAlias = _Readable
    EncodableDataType: TypeAlias = RawDataType | StreamDataType
    DataType: TypeAlias = KVDataType | Iterable[bytes | str] | str | bytes | Buffer | _Readable | None
    BodyType: TypeAlias = bytes | str | Iterable[bytes | str] | _Readable | None
    JsonType: TypeAlias = None | bool | int | float | str | Sequence["JsonType"] | Mapping[str, "JsonType"]

    # Files: content, or (name, content[, media type[, headers]])
    _FileName: TypeAlias = str | None
    _FileContent: TypeAlias = _Readable | str | bytes
    _FileSpecBasic: TypeAlias = tuple[_FileName, _FileContent]
    _FileSpecWithContentType: TypeAlias = tuple[_FileName, _FileContent, str]
    _FileSpecWithHeaders: TypeAlias = tuple[_FileName, _FileContent, str, CaseInsensitiveDict[str] | Mapping[str, str]]
    _FileSpec: TypeAlias = _FileContent | _FileSpecBasic | _FileSpecWithContentType | _FileSpecWithHeaders
    FilesType: TypeAlias = Mapping[str, _FileSpec] | Iterable[tuple[str, _FileSpec]] | None

    # Settings
    # None as a value takes a field of the session away.
    HeadersType: TypeAlias = Mapping[str, str | bytes | None] | None
    CookiesType: TypeAlias = RequestsCookieJar | Mapping[str, str]
    CookiesParamType: TypeAlias = CookieJar | Mapping[str, str] | None
    AuthType: TypeAlias = tuple[str, str] | AuthBase | Callable[[PreparedRequest], PreparedRequest] | None
    TimeoutType: TypeAlias = float | tuple[float | None, float | None] | Timeouts | Timeout | None
    ProxiesType: TypeAlias = MutableMapping[str, str]
    # None as a value: no proxy for these URLs; False: none for any.
    ProxiesParamType: TypeAlias = Mapping[str, str | None] | Literal[False] | None
    HooksType: TypeAlias = dict[str, list[HookType]] | None
    VerifyType: TypeAlias = bool | str | bytes | os.PathLike[str] | os.PathLike[bytes] | ssl.SSLContext
    CertType: TypeAlias = str | bytes | tuple[str | bytes, str | bytes] | None

    # Keyword arguments of what takes many of them.
    Keywords: TypeAlias = dict[str, Any]

    # Keyword arguments of the functions in `api` (PEP 692)
    class BaseRequestKwargs(ExchangeKwargs, total=False):
        """What every function takes."""

        headers: HeadersType
        cookies: CookiesParamType
        files: FilesType
        auth: AuthType
        timeout: TimeoutType
        allow_redirects: bool
        proxies: ProxiesParamType
        hooks: HooksInputType | None
        stream: bool | None
        verify: VerifyType | None
        cert: CertType

    class RequestKwargs(BaseRequestKwargs, total=False):
        """What request, options, head and delete take."""

        params: ParamsType
        data: DataType
        json: JsonType

    class GetKwargs(BaseRequestKwargs, total=False):
        """What get takes besides its parameters."""

        data: DataType
        json: JsonType

    class PostKwargs(BaseRequestKwargs, total=False):
        """What post takes besides data and json."""

        params: ParamsType

    class DataKwargs(BaseRequestKwargs, total=False):
        """What put and patch take besides data."""

        params: ParamsType
        json: JsonType
