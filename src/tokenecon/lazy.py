"""Packages that import a module when one of its names is first asked for, so that a command loads what it uses."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any


def export(package: str, modules: Mapping[str, Sequence[str]]) -> list[str]:
    """Let a package offer names of its modules, and return them for ``__all__``.

    A name that is also that of a module stands for what the module offers under it, whichever was imported first.
    """
    owner = {name: module for module, names in modules.items() for name in names}

    class Package(ModuleType):
        def __getattr__(self, name: str) -> Any:
            if name not in owner:
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
            value = getattr(import_module(f"{package}.{owner[name]}"), name)
            self.__dict__[name] = value
            return value

        def __setattr__(self, name: str, value: Any) -> None:
            if name not in owner or not isinstance(value, ModuleType):
                super().__setattr__(name, value)

        def __dir__(self) -> list[str]:
            return sorted({*super().__dir__(), *owner})

    sys.modules[package].__class__ = Package
    return sorted(owner)
