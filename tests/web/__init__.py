"""The web face, asked through Flask's test client and over real sockets."""
