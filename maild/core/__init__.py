"""The pure core: old data, new data, configuration and the time in; decisions and texts out. No I/O, no clock."""
