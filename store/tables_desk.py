"""The desk's own tables: which policy was in force, who is looking at which case."""
