"""Tables, named queries, the engine and its migrations."""
