"""Energy of vectors under a mixture of Gaussians, in torch, for the loss of a network that learns the vectors.

``train.scorers.mixture`` is the same in numpy and OpenVINO, for judging.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def mixture_energy(vectors: Tensor, memberships: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    """Mean energy of the vectors under the mixture that they make themselves, and how thin that mixture is.

    Args:
        vectors: float32 [n, D].
        memberships: float32 [n, K], rows sum to 1.
        floor: added to every variance, so that the covariance of few vectors can be inverted.

    Returns:
        The mean of -log density, a scalar; and the sum of the inverses of all variances, which a loss keeps small
        so that no Gaussian shrinks to a point.
    """
    members = memberships.sum(dim=0) + 1e-12  # [K]
    means = memberships.T @ vectors / members[:, None]
    centred = vectors[:, None] - means[None]  # [n, K, D]
    covariances = torch.einsum("nk,nkd,nke->kde", memberships, centred, centred) / members[:, None, None]
    covariances = covariances + floor * torch.eye(vectors.shape[1], device=vectors.device)
    factors = torch.linalg.cholesky(covariances)  # [K, D, D]
    white = torch.linalg.solve_triangular(factors, centred.permute(1, 2, 0), upper=False)  # [K, D, n]
    log_roots = factors.diagonal(dim1=1, dim2=2).log().sum(dim=1)
    offsets = vectors.shape[1] / 2 * math.log(2 * math.pi) + log_roots - (members / members.sum()).log()
    energies = -torch.logsumexp(-(white.square().sum(dim=1) / 2 + offsets[:, None]), dim=0)  # [n]
    return energies.mean(), (1 / covariances.diagonal(dim1=1, dim2=2)).sum()
