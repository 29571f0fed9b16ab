"""pluscheck checks locking and concurrency protocols, and shows the shortest run that breaks one.

Each package is a floor or a room of one; imports point down only (pyproject.toml holds the contract):

    7  cli                                   arguments, exit codes, where bytes go
    6  pipeline                              from files to a report: the only floor that knows the order
    5  lower | engines | certify | report    rooms with no doors between them
    4  lang | smt | evidence                 rooms with no doors between them
    3  ground                                a system as finite scalars, for whoever encodes it
    2  core                                  typed transition systems and what they mean
    1  base                                  source text, places in it, diagnostics
"""

__version__ = "0.1.0"
