"""What the board is: caches and how they are indexed, clusters, DRAM, IOMMU."""
