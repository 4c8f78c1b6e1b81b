import math

import torch


@torch.no_grad()
def run(q_nope, q_pe, ckv_cache, kpe_cache, sparse_indices, sm_scale):
    # constant axes
    all_ckv = ckv_cache.flatten(0, 1).to(torch.float32)
    all_kpe = kpe_cache.flatten(0, 1).to(torch.float32)
    output = torch.zeros_like(q_nope)
    lse = torch.full(q_nope.shape[:2], -math.inf, dtype=torch.float32, device=q_nope.device)
    for t in range(q_nope.shape[0]):
        # An index is a page times the page size plus the place in the page; -1 fills up.
        chosen = sparse_indices[t][sparse_indices[t] != -1].to(torch.long)
        if chosen.numel() == 0:
            continue
        ckv, kpe = all_ckv[chosen], all_kpe[chosen]
        logits = (q_nope[t].to(torch.float32) @ ckv.T + q_pe[t].to(torch.float32) @ kpe.T) * sm_scale
        lse[t] = torch.logsumexp(logits, dim=-1) / math.log(2.0)
        output[t] = (torch.softmax(logits, dim=-1) @ ckv).to(q_nope.dtype)
    return output, lse
