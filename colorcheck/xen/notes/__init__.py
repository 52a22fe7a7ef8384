"""What the model of Xen notices: one class for each kind of note, with its figures as typed fields.

A rule takes a class up and words the note. What follows from the numbers of a `Boot` (memory that does not fit, the
lowest region, the reserve, no room for Xen) has no note.
"""
