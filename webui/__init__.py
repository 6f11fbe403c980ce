"""The web face of Agorà 21: pages rendered on the server, readable without scripts."""
