"""Foreign mail: fetched, read and judged; see `make corpora`."""
