"""A conversation that goes on by itself while rows are written, without the host looking.

When the speaker of a row writes the end-of-turn token, the header of the other speaker is put in and the other one
writes: the model asks itself, at temperature 1, what it then answers at the row's own temperature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .rows import ASKED, PROMPT

USER, ASSISTANT, NOBODY = 0, 1, 2  # who writes; NOBODY: raw text without turns


class Turns:
    def __init__(self, end_of_turn: int, user_header: list[int], assistant_header: list[int]):
        if len(user_header) != len(assistant_header):
            raise ValueError(f"headers differ in length: {user_header}, {assistant_header}")
        self.end_of_turn, self.headers = end_of_turn, [user_header, assistant_header, user_header]

    def allocate(self, rows: int, device: torch.device) -> None:
        self.speaker = torch.full((rows,), NOBODY, dtype=torch.int64, device=device)
        # 0: the speaker writes; 1..n: that token of the speaker's header comes next.
        self.stage = torch.zeros(rows, dtype=torch.int64, device=device)
        self.table = torch.tensor(self.headers, device=device)

    def reset(self, speakers: Tensor) -> None:
        self.speaker.copy_(speakers)
        self.stage.zero_()

    def temperature(self, own: Tensor) -> Tensor:
        return own.masked_fill(self.speaker == USER, 1.0)

    def follow(self, chosen: Tensor, kind: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        heading = self.stage > 0
        header = self.table[self.speaker, (self.stage - 1).clamp(min=0)]
        chosen = torch.where(heading, header, chosen)
        kind = kind.masked_fill((self.speaker == USER) & ~given, ASKED).masked_fill(heading, PROMPT)
        ended = (chosen == self.end_of_turn) & ~heading & ~given & (self.speaker != NOBODY)
        self.speaker.copy_(torch.where(ended, 1 - self.speaker, self.speaker))
        next_stage = torch.where(heading, (self.stage + 1) % (self.table.shape[1] + 1), self.stage)
        self.stage.copy_(next_stage.masked_fill(ended, 1))
        return chosen, kind
