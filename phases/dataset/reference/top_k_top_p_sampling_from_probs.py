import torch


def keep_top_k(probs, top_k):
    # Of equal probabilities the first are kept; a limit below 1 keeps all.
    order = torch.argsort(probs, dim=-1, descending=True, stable=True)
    rank = torch.argsort(order, dim=-1)
    limit = torch.where(top_k > 0, top_k, probs.shape[-1]).to(rank.dtype)[:, None]
    return torch.where(rank < limit, probs, 0.0)


def keep_top_p(probs, top_p):
    # The most likely tokens until their sum reaches p, at least one; 1 keeps all, however their sum is rounded.
    ordered, order = torch.sort(probs, dim=-1, descending=True, stable=True)
    before = torch.cumsum(ordered, dim=-1) - ordered
    kept = torch.where((before < top_p[:, None]) | (top_p[:, None] >= 1.0), ordered, 0.0)
    kept[:, 0] = ordered[:, 0]
    return torch.zeros_like(probs).scatter(-1, order, kept)


@torch.no_grad()
def run(probs, top_k, top_p):
    # constant axes
    kept = keep_top_k(probs.to(torch.float32), top_k)
    kept = keep_top_p(kept / kept.sum(dim=-1, keepdim=True), top_p)
    # multinomial normalises the rows itself.
    return torch.multinomial(kept, num_samples=1).squeeze(-1).to(torch.int64)
