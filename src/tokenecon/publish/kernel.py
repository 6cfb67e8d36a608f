"""Kernels that start warm: forked from a process that has imported the libraries, and has run nothing.

Each kernel is a fresh copy of that process, so nothing passes from one notebook to the next; what it needs of the
project it imports itself. Outside the workers of a build, kernels start from an interpreter as anywhere.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import Popen
from typing import Any, cast

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner

ARGUMENTS = (
    "--log-level=ERROR",
    "--IPKernelApp.extra_extensions=tokenecon.inputs",
    "--IPKernelApp.extra_extensions=tokenecon.warned",
    "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
)
"""What kernels are started with: the build's own eyes, and nothing of a user's profile."""

_nursery: Connection | None = None


class _ThisInterpreter(KernelSpecManager):
    """Offers this interpreter alone: a kernel ``python3`` that a user installed elsewhere would hide it."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def manager(folder: Path) -> AsyncKernelManager:
    """Return the manager of one kernel, a warm one in a worker of a build, whose files lie in ``folder``."""
    made = AsyncKernelManager(kernel_spec_manager=_ThisInterpreter(), connection_file=str(folder / "kernel.json"))
    if _nursery is not None:
        made.provisioner = _Warm(kernel_id="warm", kernel_spec=made.kernel_spec, parent=made)
    return made


def open_nursery() -> None:
    """Set a copy of this process aside that kernels are forked from; it ends with this process.

    To be called while this process has no threads, and nothing but imports behind it.
    """
    global _nursery
    ours, theirs = Pipe()
    if os.fork():
        theirs.close()
        _nursery = ours
        return
    ours.close()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        while True:
            request = theirs.recv()
            child = os.fork()
            if not child:
                theirs.close()
                _run(*request)
                os._exit(0)
            theirs.send(child)
    finally:
        os._exit(0)


def _run(arguments: list[str], folder: str, variables: Mapping[str, str], complaints: str) -> None:
    """Be a kernel: in a folder, with an environment, and with the project's modules still to be imported."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(complaints, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tokenecon"]:
        del sys.modules[name]
    sys.path[:0] = [os.path.abspath(part) for part in variables.get("PYTHONPATH", "").split(os.pathsep) if part]
    IPKernelApp.launch_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


class _Warm(LocalProvisioner):
    """Asks the nursery for a kernel where the usual provisioner starts an interpreter."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        if _nursery is None:
            raise RuntimeError("no copy of this process was set aside to fork kernels from")
        _nursery.send((cmd[cmd.index("-f") :], str(kwargs["cwd"]), dict(kwargs["env"]), kwargs["stderr"].name))
        forked = _Forked(_nursery.recv())
        self.process, self.pid, self.pgid = cast("Popen[bytes]", forked), forked.pid, forked.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


class _Forked:
    """A grandchild under the names that :class:`subprocess.Popen` has for a child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 1
        return None

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.01)
        return 1

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)
