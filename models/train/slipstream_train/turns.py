"""A conversation that goes on by itself while rows are written, without the host looking.

When the speaker of a row writes the end-of-turn token, a script is put in token by token and then somebody writes
again. Script 0 hands over from the user to the assistant, script 1 from the assistant to the user (the model asks
itself, at temperature 1); the others are ready-made follow-up requests, after which the assistant writes at once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .rows import ASKED, PROMPT

USER, ASSISTANT, NOBODY = 0, 1, 2  # who writes; NOBODY: raw text without turns
TO_ASSISTANT, TO_USER = 0, 1  # scripts; the follow-ups come after


class Turns:
    def __init__(self, end_of_turn: int, to_assistant: list[int], to_user: list[int], follow_ups: list[list[int]]):
        self.end_of_turn = end_of_turn
        self.scripts = [to_assistant, to_user, *follow_ups]

    def allocate(self, rows: int, device: torch.device) -> None:
        longest = max(map(len, self.scripts))
        padded = [script + [0] * (longest - len(script)) for script in self.scripts]
        self.table = torch.tensor(padded, device=device)
        self.lengths = torch.tensor(list(map(len, self.scripts)), device=device)
        self.next_speaker = torch.full((len(padded),), ASSISTANT, dtype=torch.int64, device=device)
        self.next_speaker[TO_USER] = USER
        self.speaker = torch.full((rows,), NOBODY, dtype=torch.int64, device=device)
        self.script = torch.zeros(rows, dtype=torch.int64, device=device)
        self.after_answer = torch.full((rows,), TO_USER, dtype=torch.int64, device=device)
        # 0: the speaker writes; 1..n: that token of the script comes next.
        self.stage = torch.zeros(rows, dtype=torch.int64, device=device)

    def reset(self, speakers: Tensor, after_answer: Tensor) -> None:
        """`after_answer`: the script that follows the first answer; later ones are followed by TO_USER."""
        self.speaker.copy_(speakers)
        self.after_answer.copy_(after_answer)
        self.stage.zero_()

    def temperature(self, own: Tensor) -> Tensor:
        return own.masked_fill(self.speaker == USER, 1.0)

    def follow(self, chosen: Tensor, kind: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
        heading = self.stage > 0
        chosen = torch.where(heading, self.table[self.script, (self.stage - 1).clamp(min=0)], chosen)
        kind = kind.masked_fill((self.speaker == USER) & ~given, ASKED).masked_fill(heading, PROMPT)
        ended = (chosen == self.end_of_turn) & ~heading & ~given & (self.speaker != NOBODY)
        answered = ended & (self.speaker == ASSISTANT)
        stage = (self.stage + 1).masked_fill(~heading | (self.stage == self.lengths[self.script]), 0)
        self.stage.copy_(stage.masked_fill(ended, 1))
        script = torch.where(answered, self.after_answer, self.script.masked_fill(ended & ~answered, TO_ASSISTANT))
        self.script.copy_(script)
        self.speaker.copy_(torch.where(ended, self.next_speaker[script], self.speaker))
        self.after_answer.masked_fill_(answered, TO_USER)
        return chosen, kind
