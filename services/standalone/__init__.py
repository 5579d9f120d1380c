"""The one-machine form of Pressmark: its supervisor and its demonstration."""
