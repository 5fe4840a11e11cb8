"""How many examples hypothesis tries: few, and always the same ones; many new ones with HYPOTHESIS_PROFILE=thorough."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A busy machine may be slow in one example; what must be fast is measured by itself (test_linear_time.py).
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("quick", max_examples=60, derandomize=True, **_COMMON)
settings.register_profile("thorough", max_examples=1_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "quick")
