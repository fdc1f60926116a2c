"""Two acts, played in front of you: ``make demo``.

Every step is the command a person would type, and its real output.  Everything happens in a temporary directory of its
own; there is no network and no root.  Exit code 0 means that each step ended as it should.
"""

import tempfile
import time
from pathlib import Path

import demo_exchange
import demo_life
from demo_stage import BOLD, RESET, Stage


def main() -> None:
    """Play both acts and end with a license in force."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="activation-demo-") as place:
        stage = Stage(Path(place))
        demo_exchange.play(stage)
        demo_life.play(stage)
    print(
        f"\n{BOLD}Done: a license is in force, and every step ended as it should "
        f"({time.monotonic() - begun:.0f} s).{RESET}"
    )


if __name__ == "__main__":
    main()
