import math

import torch


@torch.no_grad()
def run(q, k_cache, v_cache, kv_indptr, kv_indices, kv_last_page_len, sm_scale):
    # constant axes
    page_size = k_cache.shape[1]
    group = q.shape[1] // k_cache.shape[2]
    output = torch.zeros_like(q)
    lse = torch.full(q.shape[:2], -math.inf, dtype=torch.float32, device=q.device)
    for b in range(q.shape[0]):
        pages = kv_indices[int(kv_indptr[b]) : int(kv_indptr[b + 1])].to(torch.long)
        if pages.numel() == 0:
            continue
        length = (pages.numel() - 1) * page_size + int(kv_last_page_len[b])
        k = k_cache[pages].flatten(0, 1)[:length].to(torch.float32).repeat_interleave(group, dim=1)
        v = v_cache[pages].flatten(0, 1)[:length].to(torch.float32).repeat_interleave(group, dim=1)
        logits = torch.einsum("hd,thd->ht", q[b].to(torch.float32), k) * sm_scale
        lse[b] = torch.logsumexp(logits, dim=-1) / math.log(2.0)
        output[b] = torch.einsum("ht,thd->hd", torch.softmax(logits, dim=-1), v).to(q.dtype)
    return output, lse
