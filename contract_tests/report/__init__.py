"""Results as a person or a machine reads them: the same content in each form."""

from .model import Report
from .parity import Parity

__all__ = ["Parity", "Report"]
