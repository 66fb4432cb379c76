"""What the lower layers say when octets contradict themselves."""

from __future__ import annotations

import struct


class Damage(Exception):
    """What was read cannot be so. It says where, and not what that concerns: a block may be of a message, of a folder
    or of all. It never leaves this room."""


DAMAGE = (Damage, struct.error)
"""A number that points beyond what it counts in is damage too, and `struct` finds it."""
