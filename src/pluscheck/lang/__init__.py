"""Floor 4, a room of its own: the specification language.

Text → surface trees (`parser`) → all modules (`modules`) → without macros (`macros`) → labels and control (`flow`) →
names and types (`checker`); `front` is the whole way. Knows nothing of transition systems: `pluscheck.lower` carries a
checked specification over to `pluscheck.core`.
"""
