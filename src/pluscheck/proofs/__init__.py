"""Floor 5, a room of its own: proofs as files. What a verdict rests on, in a form that lasts, is read by people, and is checked anew by `certify`.

Nothing here believes what a file says: reading gives text and values, and it is for others to judge them.
"""
