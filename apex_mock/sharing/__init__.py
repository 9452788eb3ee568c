"""Time and the journal where they are shared: the clock and the journal of a fake whose store has other users too."""
