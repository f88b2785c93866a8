"""The right to erasure: one person goes, the figures of the shop stay. See docs/erasure.md."""
