"""Figures for people."""


def shown(value: float | None, unit: str) -> str:
    """A figure for people."""
    if value is None:
        return "nothing"
    if unit == "%":
        return f"{value * 100:.4g} %"
    if unit == "ms":
        return f"{value / 1000:.3g} s" if value >= 1000 else f"{value:.3g} ms"
    number = f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    return f"{number} {unit}".rstrip()
