"""The law as code: claims and evidence in, verdicts and money out. Knows no Django."""
