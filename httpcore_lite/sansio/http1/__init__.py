"""HTTP/1.1 on the wire: heads, bodies, framing, states (RFC 9112).

And which content codings can be taken off here, which a request says before anything else is loaded: those of the
standard library, and those whose library is installed. A library is found without being imported; `decoders` loads it.
"""

from __future__ import annotations

import sys

from ..._internal_utils import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

#: Codings that need a library -> the modules that have one, the best first. In requests' order.
LIBRARIES: Final[dict[str, tuple[str, ...]]] = {
    "br": ("brotli", "brotlicffi"),
    "zstd": ("compression.zstd", "backports.zstd", "zstandard"),
}


def accepted_codings() -> str:
    """Return the content codings that can be taken off here, as Accept-Encoding names them; "identity" for none."""
    codings = ["gzip", "deflate"] if _is_there("zlib") else []  # small builds of Python leave it out
    codings += [coding for coding, names in LIBRARIES.items() if any(map(_is_there, names))]
    return ", ".join(codings) or "identity"


def _is_there(name: str) -> bool:
    # None is what a program puts there that does not want the library.
    if name in sys.modules:
        return sys.modules[name] is not None
    # What cannot be there is not looked for: a search goes through the whole path.
    return (name != "compression.zstd" or sys.version_info >= (3, 14)) and find_spec(name) is not None
