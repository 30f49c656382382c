"""The virtual driver's other senses: voice, heart and vehicle."""
