"""Trains the bundled target and its drafters, and a drafter for SmolLM2-135M-Instruct."""

from . import log as log  # the clock of budgets starts here, before heavier imports
