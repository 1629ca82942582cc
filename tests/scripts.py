"""The programs of docs/ as modules, to try what they work out."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from tests.conftest import ROOT


def script(name: str) -> ModuleType:
    """`docs/<name>.py`, read afresh; what it does when it is run is not done."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up there.
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module
