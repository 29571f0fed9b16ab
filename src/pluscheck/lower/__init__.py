"""Floor 5, a room of its own: the bridge from the checked language to the core. The only package that sees both."""

from pluscheck.lower.entries import models
from pluscheck.lower.lowering import lower, parts_of, plain_switches

__all__ = ["lower", "models", "parts_of", "plain_switches"]
