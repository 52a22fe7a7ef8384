"""The reader of device tree sources, as dtc reads them."""
