"""pluscheck proves locking and concurrency protocols, or shows the shortest run that breaks them.

Each package is a floor or a room of one; imports point down only (pyproject.toml holds the contract):

    6  cli
    5  pipeline
    4  lower | engines | certify | report
    3  lang | smt | ground | evidence
    2  core
    1  base
"""

__version__ = "0.1.0"
