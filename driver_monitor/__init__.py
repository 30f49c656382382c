"""driver_monitor: an open in-car driver monitor that explains itself and proves itself by replay."""

__version__ = "0.1.0"
