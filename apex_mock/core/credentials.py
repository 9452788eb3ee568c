"""The headers that let a caller in. What reads them and what hides them go by this one list."""

AUTHORIZATION = "authorization"
API_KEY = "api-key"
ADMIN_KEY = "admin-key"
CONTROL_TOKEN = "x-apex-token"  # noqa: S105  # the header's name
SECRET_HEADERS = frozenset({AUTHORIZATION, API_KEY, ADMIN_KEY, CONTROL_TOKEN, "cookie", "proxy-authorization"})
