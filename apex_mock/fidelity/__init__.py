"""How near the fake keeps to its own timetable, seen from a client: streams driven at it, planned against achieved."""
