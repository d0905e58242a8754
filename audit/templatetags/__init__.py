"""How the product's words and numbers reach a page."""
