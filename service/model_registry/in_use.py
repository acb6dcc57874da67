"""The register of models as it lies on disk: what it says needs none of the models' libraries."""

from models.registry import signing
from models.registry.register import Register, read_register
from service.settings import Settings

REGISTER = "register.jsonl"


def register_of(settings: Settings) -> Register:
    """The register, its chain and signatures checked; empty before the first training.

    Raises
    ------
    models.errors.RegisterError
        A line was changed.
    """
    path = settings.models_dir / REGISTER
    content = path.read_bytes() if path.exists() else b""
    return read_register(content, trusted=signing.trusted_keys(settings.keys_dir))
