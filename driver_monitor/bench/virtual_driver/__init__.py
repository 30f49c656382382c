"""A rendered driver whose eyelids, head, eyes, mouth and brows are known exactly."""
