"""Items made ahead: the next one in a thread, while the one before is in use."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def made(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items in the same order; what making one raises is raised where it would be used. None of them may be None."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
