"""Evidence on disk: the inputs and the request of a run together with its proofs, so that anyone can derive them
again.
"""
