def compare_command() -> None:
    """x"""
def drift_command() -> None:
    """x"""
def export_command() -> None:
    """x"""
