"""Conditions to alerts (policy), and alerts to the driver (one file an output)."""
