"""What is due in pieces of whole cases, several of which are worked on at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

Clocked = tuple[int, int | None, int | None, int | None]
Due = Sequence[Clocked]
"""Clocks to be looked at: id, case, waiting report, node of a plan."""


def abreast(
    take: Callable[[Due], None], due: Due, size: Callable[[], int], at_once: int, should_stop: Callable[[], bool]
) -> None:
    """Take what is due in pieces, so many of them at once in threads of their own. What belongs to no case comes last and by
    itself: two transactions that draw numbers hold nothing that the other one waits for.

    Raises what `take` raises, once what was begun has ended; nothing more is begun then, nor when it should stop.
    """
    cased, others = [row for row in due if row[1] is not None], [row for row in due if row[1] is None]
    if at_once > 1:
        _beside_each_other(take, pieces(cased, size), at_once, should_stop)
        cased = []
    for piece in pieces([*cased, *others], size):
        if should_stop():
            break
        take(piece)


def _beside_each_other(
    take: Callable[[Due], None], some: Iterable[Due], at_once: int, should_stop: Callable[[], bool]
) -> None:
    running: set[Future[None]] = set()
    with ThreadPoolExecutor(at_once, "sweep") as pool:
        for piece in some:
            if len(running) == at_once:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for one in ended:
                    one.result()
            if should_stop():
                break
            running.add(pool.submit(take, piece))
    for one in running:
        one.result()


def pieces(due: Due, size: Callable[[], int]) -> Iterator[Due]:
    """Pieces of at least so many clocks as `size` says then, the last one of the rest; each with all clocks of its cases."""
    together: dict[tuple[int | None, int], list[Clocked]] = {}
    for row in due:
        together.setdefault((row[1], row[0] if row[1] is None else 0), []).append(row)
    piece: list[Clocked] = []
    for rows in together.values():
        piece += rows
        if len(piece) >= size():
            yield piece
            piece = []
    if piece:
        yield piece
