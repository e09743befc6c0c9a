"""Use-cases: the only writers of state. Services flush, the edge commits."""
