"""Floor 4, a room of its own: the specification language.

Text → surface tree (`parser`) → names and modules (`modules`, `names`) → types (`checker`). Knows nothing
of transition systems: `pluscheck.lower` carries a checked module over to `pluscheck.core`.
"""
