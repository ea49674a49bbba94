"""How hard Hypothesis tries. A busy machine makes examples slow to draw, which is no failure of what is tested."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("prove", settings.get_profile("default"), max_examples=500)
settings.load_profile("default")
