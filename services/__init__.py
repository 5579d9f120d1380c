"""The programs of Pressmark. Each folder is one service; none imports another."""
