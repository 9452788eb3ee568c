"""Everything that changes lies behind the Store protocol."""
