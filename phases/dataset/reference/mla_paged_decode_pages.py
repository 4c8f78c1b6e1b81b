import math

import torch


@torch.no_grad()
def run(q_nope, q_pe, ckv_cache, kpe_cache, kv_indptr, kv_indices, kv_last_page_len, sm_scale):
    # constant axes
    page_size = ckv_cache.shape[1]
    output = torch.zeros_like(q_nope)
    lse = torch.full(q_nope.shape[:2], -math.inf, dtype=torch.float32, device=q_nope.device)
    for b in range(q_nope.shape[0]):
        pages = kv_indices[int(kv_indptr[b]) : int(kv_indptr[b + 1])].to(torch.long)
        if pages.numel() == 0:
            continue
        length = (pages.numel() - 1) * page_size + int(kv_last_page_len[b])
        ckv = ckv_cache[pages].flatten(0, 1)[:length].to(torch.float32)
        kpe = kpe_cache[pages].flatten(0, 1)[:length].to(torch.float32)
        logits = (q_nope[b].to(torch.float32) @ ckv.T + q_pe[b].to(torch.float32) @ kpe.T) * sm_scale
        lse[b] = torch.logsumexp(logits, dim=-1) / math.log(2.0)
        output[b] = (torch.softmax(logits, dim=-1) @ ckv).to(q_nope.dtype)
    return output, lse
