"""Simulate how the alignments of states would change under a named intervention."""
