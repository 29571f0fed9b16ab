"""Floor 2: typed transition systems and what they mean. The dictionary everyone shares.

The evaluator here is written from the definitions, and is the oracle that every encoding is tested against.
"""
