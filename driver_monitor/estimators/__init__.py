"""Measurements to driver states, one state a file."""
