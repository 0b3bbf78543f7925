"""The running appliance: config, plugins, backends, and the loops that never sleep."""

from __future__ import annotations
