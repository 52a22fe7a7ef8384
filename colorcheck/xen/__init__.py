"""The executable model of Xen: what each version does with what people write. No solver in here."""
