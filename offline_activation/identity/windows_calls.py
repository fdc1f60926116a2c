"""The system calls of Windows behind :class:`.machine_windows.Calls`, through ctypes."""

# mypy knows the platform of a whole file only by an assert above everything else, the other imports included.
# ruff: noqa: E402
import sys

assert sys.platform == "win32"  # noqa: S101 - see above

import ctypes
import winreg
from ctypes import wintypes
from typing import Final

from offline_activation.identity.machine_windows import ROW_BYTES, ROWS_AT

PATH_CHARACTERS: Final = 32768
VOLUME_NAME_CHARACTERS: Final = 64
FIRMWARE_LIMIT: Final = 1 << 20
INTERFACE_LIMIT: Final = 4096
RAW_SMBIOS: Final = int.from_bytes(b"RSMB", "big")
CRYPTOGRAPHY_KEY: Final = r"SOFTWARE\Microsoft\Cryptography"

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.GetVolumePathNameW.argtypes = (wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD)
_kernel.GetVolumePathNameW.restype = wintypes.BOOL
_kernel.GetSystemWindowsDirectoryW.argtypes = (wintypes.LPWSTR, wintypes.UINT)
_kernel.GetSystemWindowsDirectoryW.restype = wintypes.UINT
_kernel.GetDriveTypeW.argtypes = (wintypes.LPCWSTR,)
_kernel.GetDriveTypeW.restype = wintypes.UINT
_kernel.GetVolumeInformationW.argtypes = (
    wintypes.LPCWSTR,
    wintypes.LPWSTR,
    wintypes.DWORD,
    wintypes.LPDWORD,
    wintypes.LPDWORD,
    wintypes.LPDWORD,
    wintypes.LPWSTR,
    wintypes.DWORD,
)
_kernel.GetVolumeInformationW.restype = wintypes.BOOL
_kernel.GetVolumeNameForVolumeMountPointW.argtypes = (wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD)
_kernel.GetVolumeNameForVolumeMountPointW.restype = wintypes.BOOL
_kernel.GetSystemFirmwareTable.argtypes = (wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD)
_kernel.GetSystemFirmwareTable.restype = wintypes.UINT


class SystemCalls:
    """The real calls; each raises ``OSError`` with the system's reason."""

    def volume_root(self, path: str) -> str:
        r"""Return the mount point of the volume that holds ``path``, with its final backslash."""
        buffer = ctypes.create_unicode_buffer(PATH_CHARACTERS)
        _require(_kernel.GetVolumePathNameW(path, buffer, PATH_CHARACTERS))
        return buffer.value

    def system_root(self) -> str:
        """Return the directory of Windows, also for a service of another user."""
        buffer = ctypes.create_unicode_buffer(PATH_CHARACTERS)
        _require(_kernel.GetSystemWindowsDirectoryW(buffer, PATH_CHARACTERS))
        return buffer.value

    def drive_type(self, root: str) -> int:
        """Return the answer of GetDriveTypeW for a volume root."""
        return int(_kernel.GetDriveTypeW(root))

    def serial(self, root: str) -> int:
        """Return the 32-bit volume serial of a volume root."""
        serial = wintypes.DWORD()
        _require(_kernel.GetVolumeInformationW(root, None, 0, ctypes.byref(serial), None, None, None, 0))
        return serial.value

    def volume_name(self, root: str) -> str:
        r"""Return the name ``\\?\Volume{GUID}\`` of a volume root."""
        buffer = ctypes.create_unicode_buffer(VOLUME_NAME_CHARACTERS)
        _require(_kernel.GetVolumeNameForVolumeMountPointW(root, buffer, VOLUME_NAME_CHARACTERS))
        return buffer.value

    def machine_guid(self) -> str:
        """Return MachineGuid from the 64-bit registry, whatever the width of this process."""
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, CRYPTOGRAPHY_KEY, 0, access) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])

    def firmware_table(self) -> bytes:
        """Return the RawSMBIOSData, at most 1 MiB."""
        size = _require(_kernel.GetSystemFirmwareTable(RAW_SMBIOS, 0, None, 0))
        if size > FIRMWARE_LIMIT:
            raise OSError(0, "the firmware table is too large")
        buffer = ctypes.create_string_buffer(size)
        written = _require(_kernel.GetSystemFirmwareTable(RAW_SMBIOS, 0, buffer, size))
        return buffer.raw[: min(size, written)]

    def interface_table(self) -> bytes:
        """Return the MIB_IF_TABLE2 of all interfaces, at most 4096 rows."""
        helper = ctypes.WinDLL("iphlpapi")
        helper.GetIfTable2.argtypes = (ctypes.POINTER(ctypes.c_void_p),)
        helper.GetIfTable2.restype = wintypes.DWORD
        helper.FreeMibTable.argtypes = (ctypes.c_void_p,)
        helper.FreeMibTable.restype = None
        table = ctypes.c_void_p()
        code = helper.GetIfTable2(ctypes.byref(table))
        if code or not table.value:
            raise ctypes.WinError(code)
        try:
            rows = int.from_bytes(ctypes.string_at(table, 4), "little")
            return ctypes.string_at(table, ROWS_AT + min(rows, INTERFACE_LIMIT) * ROW_BYTES)
        finally:
            helper.FreeMibTable(table)


def _require(outcome: int) -> int:
    if not outcome:
        raise ctypes.WinError(ctypes.get_last_error())
    return outcome
