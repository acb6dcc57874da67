"""Errors of the pages about one enterprise."""

from service.errors import ServiceError


class OtherModelError(ServiceError, ValueError):
    """A run cannot be explained further: its model or archive is no longer the one in use."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"批次 {run_id} 所用的模型或档案已不是当前启用的，无法再推算如何降低风险。"
            "请用当前模型重新分级（xinheng score）。",
            f"Run {run_id} was made with a model or an archive that is no longer in use, so what"
            " would lower the risk cannot be worked out. Grade again with: xinheng score",
        )
