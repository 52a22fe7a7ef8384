"""FactBook: everything that the model of Xen is given, each with its origin; what it read is recorded."""
