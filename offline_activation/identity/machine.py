"""The machine this process runs on; the module of a platform is loaded only there."""

import sys

from offline_activation.errors import Refusal
from offline_activation.identity.reading import Machine


def this_machine(system_root: str = "/") -> Machine:
    """Return the reader for the running platform.

    ``system_root`` (Linux only) is the directory under which ``proc``, ``sys``, ``etc`` and ``dev`` are looked for.
    Raises ``Refusal("identity.none")`` on a platform without a reader.
    """
    machine: Machine
    if sys.platform == "win32":
        from offline_activation.identity.machine_windows import WindowsMachine  # noqa: PLC0415 - this platform only
        from offline_activation.identity.windows_calls import SystemCalls  # noqa: PLC0415 - loads ctypes

        machine = WindowsMachine(SystemCalls())
    elif sys.platform == "darwin":
        from offline_activation.identity.machine_macos import MacMachine  # noqa: PLC0415 - this platform only
        from offline_activation.identity.macos_calls import SystemCalls  # noqa: PLC0415 - loads ctypes

        machine = MacMachine(SystemCalls())
    elif sys.platform == "linux":
        from offline_activation.identity.machine_linux import LinuxMachine  # noqa: PLC0415 - this platform only

        machine = LinuxMachine(system_root)
    else:
        raise Refusal("identity.none", what=f"the platform {sys.platform} is not supported")
    return machine
