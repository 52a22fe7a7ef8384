"""Boards: caches and their index functions, clusters, DRAM, IOMMU."""
