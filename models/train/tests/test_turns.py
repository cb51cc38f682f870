"""Conversations alternate as the scripts say, whatever the model writes."""

import torch

from slipstream_train.generate import Writer
from slipstream_train.rows import ANSWER, ASKED, PROMPT
from slipstream_train.turns import ASSISTANT, NOBODY, USER, Turns

END, TO_ASSISTANT, TO_USER, FOLLOW_UP = 2, [10, 11, 12], [20, 21], [30, 31, 32, 33]


def test_scripts_follow_ends_of_turn(model):
    """A model made to choose the end of turn at once, except after token 12 and 21, then 50."""
    def noise(logits, position):
        forced = torch.zeros_like(logits)
        forced[:, 50 if int(position) % 2 else END] = 1e6
        return forced

    writer = Writer(model, 4, 40, noise=noise, turns=Turns(END, TO_ASSISTANT, TO_USER, [FOLLOW_UP]))
    prompts = torch.full((4, 40), -1)
    prompts[:, 0] = 1
    speakers = torch.tensor([USER, ASSISTANT, ASSISTANT, NOBODY])
    # Greedy rows ignore noise: temperature 1 for all, the user's own temperature being 1 anyway.
    text = writer.write(prompts, torch.ones(4), (speakers, torch.tensor([1, 1, 2, 1])))
    rows = [list(zip(row, kinds)) for row, kinds in zip(text.tokens.tolist(), text.kinds.tolist())]
    user = lambda tokens: [(token, ASKED) for token in tokens]  # noqa: E731
    answer = lambda tokens: [(token, ANSWER) for token in tokens]  # noqa: E731
    given = lambda tokens: [(token, PROMPT) for token in tokens]  # noqa: E731
    assert rows[0][:9] == given([1]) + user([50, END]) + given(TO_ASSISTANT) + answer([END]) + given(TO_USER)
    assert rows[1][:6] == given([1]) + answer([50, END]) + given(TO_USER) + user([50])
    assert rows[2][:9] == given([1]) + answer([50, END]) + given(FOLLOW_UP) + answer([50, END])
    assert rows[2][9:11] == given(TO_USER)
    assert all(kind == ANSWER for _, kind in rows[3][1:])
