"""Compiles a model's blocks, or goes on without.

Block by block: all blocks share one piece of code, so it is compiled once. Only for one value of `training`: the few
evaluations are not worth a second compilation.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from .llama import Llama
from .log import say, seconds


@contextmanager
def alarm(limit: int) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError(f"not compiled within {limit} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def compile_blocks(models: list[Llama], try_out: Callable[[], object], limit: int = 90) -> bool:
    """`try_out` runs the models once as they will be used, which compiles them; on failure all run eagerly."""
    for model in models:
        for block in model.model.layers:
            block.compile(dynamic=False)
        model.compiled_for = model.training
    if try_compiled(try_out, limit):
        return True
    for model in models:
        model.compiled_for = None
    return False


def try_compiled(try_out: Callable[[], object], limit: int = 90) -> bool:
    """Runs what compiles itself at its first run; False, and the compiler's state forgotten, if that fails."""
    began = seconds()
    torch._dynamo.config.recompile_limit = 64
    try:
        with alarm(limit):
            try_out()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
    except Exception as error:  # anything the compiler may raise: eager is slower, not wrong
        say("going on without compilation", error=f"{type(error).__name__}: {str(error)[:500]}")
        torch._dynamo.reset()
        return False
    say("compiled", seconds=seconds() - began)
    return True
