"""One verdict, shown in several ways."""
