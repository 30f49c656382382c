"""``python -m driver_monitor``."""

from __future__ import annotations

import sys

from driver_monitor.cli import main

if __name__ == "__main__":
    sys.exit(main())
