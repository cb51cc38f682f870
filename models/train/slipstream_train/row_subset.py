"""A drafter's small vocabulary: the commonest ids keep an embedding row, any other borrows the nearest one's."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def choose_rows(counts: Tensor, embedding: Tensor, size: int, always: list[int]) -> tuple[Tensor, Tensor]:
    """`counts` [ids] how often each id occurs; `always` ids kept whatever their count.

    Returns (row of each id [ids] int64, id of each row [size] int64, ascending). An id without a row maps to the row
    whose own id's embedding has the highest cosine with its own.
    """
    ranked = counts.double().clone()
    ranked[always] = torch.inf
    # Stable: among equals the lower id, which in a byte-pair vocabulary is the commoner one.
    id_of_row = ranked.sort(descending=True, stable=True).indices[:size].sort().values
    directions = F.normalize(embedding.float(), dim=-1)
    kept = directions[id_of_row]
    row_of_id = torch.cat([(part @ kept.T).argmax(-1) for part in directions.split(4096)])
    row_of_id[id_of_row] = torch.arange(size, device=row_of_id.device)
    return row_of_id, id_of_row
