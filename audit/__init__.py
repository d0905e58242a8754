"""The product: claims and evidence in, verdicts, money and proof out."""
