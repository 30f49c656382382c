"""Protocols: cases with what must alert, what must not, and when; run on scripted measurements or on rendered pictures."""
