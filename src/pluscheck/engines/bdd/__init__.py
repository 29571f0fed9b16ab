"""The engine of decision diagrams: all reachable states at once, as one diagram (Burch, Clarke, McMillan, Dill, Hwang, 1990).

`diagrams` alone knows the library; `encoding` turns leaves into bits and nodes into diagrams; `steps` applies actions to sets of states;
`search` finds what is wanted; `certificate` says the reached set in the terms of the specification.
"""
