"""Pages that one can attach to a mail: one file each, with all that it needs in it."""
