"""What the pytest plugin is made of: a fake for the session, a handle for each test, stubs as a test writes them."""
