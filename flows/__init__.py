"""The business process as prose: short functions of verbs."""
