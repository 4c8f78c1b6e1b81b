import torch


def keep_top_k(probs, top_k):
    # Of equal probabilities the first are kept; a limit below 1 keeps all.
    order = torch.argsort(probs, dim=-1, descending=True, stable=True)
    rank = torch.argsort(order, dim=-1)
    limit = torch.where(top_k > 0, top_k, probs.shape[-1]).to(rank.dtype)[:, None]
    return torch.where(rank < limit, probs, 0.0)


@torch.no_grad()
def run(probs, top_k):
    # constant axes
    kept = keep_top_k(probs.to(torch.float32), top_k)
    # multinomial normalises the rows itself.
    return torch.multinomial(kept, num_samples=1).squeeze(-1).to(torch.int64)
