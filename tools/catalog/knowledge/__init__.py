"""The product handbook, searched by words and by meaning."""
