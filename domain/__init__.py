"""Pure rules of the office: what may happen to a case, by whom, and what is then owed until when.

Standard library only. Nothing here reads a clock, a file or a database.
"""
