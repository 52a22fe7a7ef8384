"""FactBook: everything that the model of Xen is told, each with its origin; what it read is recorded."""
