"""Bytes to core's records and back. No sockets, no waiting."""
