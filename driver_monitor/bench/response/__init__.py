"""How perception answers: one thing is moved in known steps while all else rests, and truth stands beside reading.

The pictures are rendered, so this says where a reading bends, saturates or is lost on a virtual head, not how right it is on
people.
"""
