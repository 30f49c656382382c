"""Samples to measurements, one thing a file. Imports nothing of the project but signals and settings."""
