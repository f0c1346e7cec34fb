"""Bringing two films in line, with SimpleITK."""
