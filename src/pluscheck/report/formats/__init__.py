"""A trace in the formats that people's other tools read; each module makes one of them, from a story, and writes nothing anywhere."""
