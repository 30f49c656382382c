"""Measuring the monitor: what it costs."""
