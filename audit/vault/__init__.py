"""Files that never change: raw bytes, canonical rows, results. Named by the hash of their content."""
