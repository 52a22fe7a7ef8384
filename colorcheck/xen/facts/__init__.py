"""FactBook: all input facts of the model of Xen with their origins; reads are recorded."""
