"""Some work for each of many ranges, as many at a time as there are engines."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TypeVar

from features.engine.interface import AnyEngine

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_lanes(
    engine: AnyEngine, work: Callable[[AnyEngine, Item], Result], items: Sequence[Item]
) -> Generator[Result, None, None]:
    """What `work` gives for each item, in their order.

    Much of the work on a range runs on one core: two ranges side by side leave none idle. Whatever
    goes wrong with one, those not begun are not begun; close the iterator where that must be at
    once (``contextlib.closing``).
    """
    with ExitStack() as stack:
        engines: tuple[AnyEngine, ...] = (engine,)
        if len(items) > 1:
            engines = stack.enter_context(engine.side_by_side())
        idle: SimpleQueue[AnyEngine] = SimpleQueue()
        for one in engines:
            idle.put(one)

        def with_an_engine(item: Item) -> Result:
            taken = idle.get()
            try:
                return work(taken, item)
            finally:
                idle.put(taken)

        threads = ThreadPoolExecutor(max_workers=len(engines))
        stack.callback(threads.shutdown, cancel_futures=True)
        for future in [threads.submit(with_an_engine, item) for item in items]:
            yield future.result()
