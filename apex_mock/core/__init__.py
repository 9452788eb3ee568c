"""Pure functions and frozen records: no await, no I/O, no clock. Time and randomness come in as arguments."""
