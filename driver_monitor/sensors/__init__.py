"""Live inputs, one a file; each is a context manager that puts samples on a queue."""
