"""Operations on symbolic sequences. Slots at and beyond the length mean nothing, and no result depends on them."""

from __future__ import annotations

from collections.abc import Sequence

from pluscheck.ground.dag import FALSE, TRUE
from pluscheck.ground.symbolic import UNDEFINED, Algebra, SequenceV, Symbolic, TupleV


def _made(algebra: Algebra, length: int, slots: Sequence[Symbolic]) -> Symbolic:
    """Return a sequence, as a tuple if its length is known."""
    dag = algebra.dag
    if dag.is_const(length):
        return TupleV(tuple(slots[: dag.low[length]]))
    return SequenceV(length, tuple(slots[: dag.high[length]]))


def within(algebra: Algebra, sequence: SequenceV, index: int) -> int:
    """Return whether an index node, from 1, is inside a sequence."""
    dag = algebra.dag
    return dag.and_(dag.le(dag.integer(1), index), dag.le(index, sequence.length))


def nth(algebra: Algebra, sequence: SequenceV, index: int) -> Symbolic:
    """Return the element at an index node, from 1, which is inside."""
    dag = algebra.dag
    cases = [
        (here, slot)
        for position, slot in enumerate(sequence.slots, 1)
        if (here := dag.eq(index, dag.integer(position))) != FALSE
    ]
    return algebra.select(cases)


def with_nth(algebra: Algebra, sequence: SequenceV, index: int, value: Symbolic) -> Symbolic:
    """Return the sequence with another element at an index node, from 1, which is inside."""
    dag = algebra.dag
    slots = [
        algebra.merge(dag.eq(index, dag.integer(position)), value, slot)
        for position, slot in enumerate(sequence.slots, 1)
    ]
    return _made(algebra, sequence.length, slots)


def tail(algebra: Algebra, sequence: SequenceV) -> Symbolic:
    """Return all but the first element; of an empty sequence, something."""
    dag = algebra.dag
    zero = dag.integer(0)
    shorter = dag.add(sequence.length, dag.integer(-1))
    length = dag.choose(dag.eq(sequence.length, zero), zero, shorter)
    if dag.low[sequence.length] == 0 and dag.high[sequence.length] > 0:
        # The interval of `shorter` alone would admit -1.
        length = _at_most(algebra, length, dag.high[sequence.length] - 1)
    return _made(algebra, length, sequence.slots[1:])


def _at_most(algebra: Algebra, length: int, high: int) -> int:
    """Return a length node, which is in 0..high, as a choice between constants, so that its interval says so."""
    dag = algebra.dag
    result = dag.integer(high)
    for size in range(high - 1, -1, -1):
        result = dag.choose(dag.eq(length, dag.integer(size)), dag.integer(size), result)
    return result


def append(algebra: Algebra, sequence: SequenceV, element: Symbolic) -> Symbolic:
    """Return the sequence with one more element at its end."""
    dag = algebra.dag
    slots = [
        algebra.merge(dag.eq(sequence.length, dag.integer(position)), element, slot)
        for position, slot in enumerate((*sequence.slots, UNDEFINED))
    ]
    return _made(algebra, dag.add(sequence.length, dag.integer(1)), slots)


def concat(algebra: Algebra, left: SequenceV, right: SequenceV) -> Symbolic:
    """Return the elements of the first and then of the second sequence."""
    dag = algebra.dag
    slots: list[Symbolic] = []
    for position in range(dag.high[left.length] + dag.high[right.length]):
        cases: list[tuple[int, Symbolic]] = []
        if position < len(left.slots):
            cases.append((dag.lt(dag.integer(position), left.length), left.slots[position]))
        cases += [
            (dag.eq(left.length, dag.integer(size)), right.slots[position - size])
            for size in dag.possible(left.length)
            if 0 <= position - size < len(right.slots)
        ]
        slots.append(algebra.select([case for case in cases if case[0] != FALSE]))
    return _made(algebra, dag.add(left.length, right.length), slots)


def subsequence(algebra: Algebra, sequence: SequenceV, low: int, high: int) -> tuple[Symbolic, int]:
    """Return the elements from one index node to another, and the condition under which they are not all there."""
    dag = algebra.dag
    empty = dag.lt(high, low)
    inside = dag.and_(dag.le(dag.integer(1), low), dag.le(high, sequence.length))
    fault = dag.and_(dag.not_(empty), dag.not_(inside))
    if empty == TRUE:
        return TupleV(()), FALSE
    longest = len(sequence.slots)
    starts = [start for start in range(1, longest + 1) if dag.low[low] <= start <= dag.high[low]]
    slots = [
        algebra.select(
            [
                (here, sequence.slots[start - 1 + offset])
                for start in starts
                if start - 1 + offset < longest and (here := dag.eq(low, dag.integer(start))) != FALSE
            ]
        )
        for offset in range(longest)
    ]
    size = dag.add(dag.sub(high, low), dag.integer(1))
    # Where nothing faults the size is in 0..longest, whatever the intervals of the bounds say.
    if dag.low[size] < 0 or dag.high[size] > longest:
        size = _at_most(algebra, dag.choose(dag.or_(empty, fault), dag.integer(0), size), longest)
    else:
        size = dag.choose(empty, dag.integer(0), size)
    return _made(algebra, size, slots), fault
