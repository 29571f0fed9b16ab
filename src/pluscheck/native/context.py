"""The words that machine code and Python share about one search, by their places."""

from __future__ import annotations

from enum import IntEnum


class Field(IntEnum):
    """What a word of the context is. Addresses are of memory that Python owns."""

    STATES = 0
    """The address of the states found, in the order in which they were: of each its words."""
    PARENTS = 1
    """The address of 32 bits for each state: the number of the state that it was found from; all ones of an initial one."""
    TABLE = 2
    """The address of the hash table: words, as many as a power of two."""
    TABLE_MASK = 3
    """One less than its size."""
    COUNT = 4
    """How many states there are."""
    NEXT = 5
    """The number of the state to look at next."""
    END = 6
    """Where to stop: states from here on are not looked at."""
    LIMIT = 7
    """For how many states there is room."""
    TRANSITIONS = 8
    TAKEN = 9
    """The address of a word for each action: how often it was taken."""
    FIRST = 10
    """The address of two words for each thing that is watched for: one more than the number of the state where it was first seen (0: never), and the action taken there."""
    SEEN = 11
    """How many of the things watched for were seen."""
    FAULTY = 12
    """How many steps were found to fault."""
    OUT_OF_RANGE = 13
    """Not zero if an action leads to a value that its scalar cannot have: then the system is not well formed."""
    BUFFER = 14
    """The address of successors that are yet to be looked up: of each its words, and the number of the state that it was found from."""
    MOST_STEPS = 15
    """The most steps that lead out of a state."""
    KEEP = 16
    """Not zero if states that are new are to be kept; else they are only counted."""
    NEW = 17
    """How many new states were not kept, each as often as it was found."""
    STUCK = 18
    """How many states no step leads out of."""


class Answer(IntEnum):
    """Why a call has returned."""

    DONE = 0
    """All states up to the end were looked at."""
    FULL = 1
    """There is no room for more states."""
