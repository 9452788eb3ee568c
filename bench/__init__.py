"""How fast the fake is: `python -m bench`. Ratios against bare servers measured in the same run, turn by turn."""
