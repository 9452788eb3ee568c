"""Routes and loops: each transport reads, calls the mock, and sends what falls due."""
