"""Whose data: the wall between customers."""
