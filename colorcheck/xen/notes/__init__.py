"""Notes of the model of Xen: one class for each kind, with its figures as typed fields.

Rules report the notes of a class and give them their text. Findings that rules derive from a `Boot` (memory that does
not fit, the lowest region, the reserve, no room for Xen) have no note.
"""
