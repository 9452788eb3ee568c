"""What can go wrong on purpose: one small class for each fault, and the rules by which they act."""
