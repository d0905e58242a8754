"""Bytes of any supported format in, canonical rows and refusals out. Knows no Django."""
