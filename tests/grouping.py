"""Keep tests of one ``xdist_group`` in one process: a bridge between two libraries' versions.

pytest-xdist 3.8 writes the group's name into an attribute that pytest 9.2 reads no longer, and so
``--dist=loadgroup`` groups nothing, silently. ``test_grouping.py`` fails when this is not needed any
more, or does not help any more.
"""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ["pytest_collection_modifyitems"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Write each group's name where both look for it: at the end of the node's id."""
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        names = {str(mark.args[0]) for mark in item.iter_markers("xdist_group") if mark.args}
        suffix = f"@{'_'.join(sorted(names))}"
        if names and not item.nodeid.endswith(suffix):
            node: Any = item
            node._id = type(node._id).parse(f"{item.nodeid}{suffix}")
