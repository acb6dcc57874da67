"""`xinheng campaign` with all its commands, and `xinheng verify`."""

import typer

# Reading the inspectors' commands adds them to the group.
from service.cli import campaign, campaign_inspectors, campaign_publication

__all__ = ["campaign_inspectors", "register"]


def register(app: typer.Typer) -> None:
    """Add the group `campaign` and the command `verify`."""
    campaign.register(app)
    campaign_publication.register(app)
