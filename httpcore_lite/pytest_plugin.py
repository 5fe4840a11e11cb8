"""A plugin of pytest that puts this package in requests' place before other plugins import that.

    pytest -p httpcore_lite.pytest_plugin

It acts on being imported, which `-p` does first of all, on the command line as in `addopts`; a conftest.py comes too
late where a plugin has imported requests. Nothing of ours imports it.
"""

from __future__ import annotations

from ._alias import install_as_requests

try:
    # What is tested may take urllib3 for granted, since requests installs it.
    install_as_requests(urllib3=True)
except RuntimeError as late:
    import pytest

    raise pytest.UsageError(str(late)) from None
