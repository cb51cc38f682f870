"""What a drafter learns from its target: the whole distribution and, for temperature 0, its first choice."""

from __future__ import annotations

from torch import Tensor


def distillation_loss(student: Tensor, teacher: Tensor, weight: Tensor, choice_weight: float) -> Tensor:
    """Mean over positions of KL(teacher || student) + `choice_weight` * cross entropy with the teacher's argmax.

    `student`, `teacher` [positions, vocabulary] logits in float32, `weight` [positions] >= 0.
    """
    log_q = student.log_softmax(-1)
    log_p = teacher.log_softmax(-1)
    divergence = (log_p.exp() * (log_p - log_q)).sum(-1)
    choice = -log_q.gather(-1, teacher.argmax(-1, keepdim=True)).squeeze(-1)
    return ((divergence + choice_weight * choice) * weight).sum() / weight.sum().clamp(min=1e-6)
