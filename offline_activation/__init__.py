"""Offline license activation: signed request out, signed license in.

The front door for applications::

    from offline_activation import load_license

    lic = load_license("infinitime")
    if lic.allows("accruals_plus"): ...
    lic.require("employees", in_use=120)

It opens onto the start-up path only: no network, no command line, no database behind it.
"""

from offline_activation.errors import ActivationError, Misuse, Refusal, Trouble
from offline_activation.verify.installed import load_license
from offline_activation.verify.license import License

__all__ = ["ActivationError", "License", "Misuse", "Refusal", "Trouble", "load_license"]
__version__ = "0.1.0"
