"""A help desk that lets Apex answer."""
