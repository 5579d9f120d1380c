"""A fictional news outlet for the demonstration: fourteen days of an agency that edits its past.

The country, the agency, the people and every sentence were invented for this program. `model.Outlet` is
the outlet as a pure function of path and day; `server.serve` puts it on loopback.
"""
