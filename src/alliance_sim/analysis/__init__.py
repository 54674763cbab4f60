"""What results mean: summaries, paired effects."""
