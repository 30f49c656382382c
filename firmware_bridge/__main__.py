"""``python -m firmware_bridge``."""

from firmware_bridge.cli import main

main()
