"""A few drives whose reports are kept, against changes that nobody meant. What is kept is what was, not what is right."""
