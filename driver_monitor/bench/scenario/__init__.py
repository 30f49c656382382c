"""Scenarios: what a virtual driver does and when, written as a short TOML file, and the recording it makes."""
