import math

import torch


@torch.no_grad()
def run(q, k_cache, v_cache, qo_indptr, kv_indptr, kv_indices, kv_last_page_len, sm_scale):
    # constant axes
    page_size = k_cache.shape[1]
    group = q.shape[1] // k_cache.shape[2]
    output = torch.zeros_like(q)
    lse = torch.full(q.shape[:2], -math.inf, dtype=torch.float32, device=q.device)
    for b in range(qo_indptr.shape[0] - 1):
        first, last = int(qo_indptr[b]), int(qo_indptr[b + 1])
        pages = kv_indices[int(kv_indptr[b]) : int(kv_indptr[b + 1])].to(torch.long)
        if first == last or pages.numel() == 0:
            continue
        length = (pages.numel() - 1) * page_size + int(kv_last_page_len[b])
        k = k_cache[pages].flatten(0, 1)[:length].to(torch.float32).repeat_interleave(group, dim=1)
        v = v_cache[pages].flatten(0, 1)[:length].to(torch.float32).repeat_interleave(group, dim=1)
        logits = torch.einsum("qhd,thd->qht", q[first:last].to(torch.float32), k) * sm_scale
        # The last query sees every token of the cache, the one before it one less.
        rows = torch.arange(last - first, device=q.device)[:, None] + k.shape[0] - (last - first)
        hidden = torch.arange(k.shape[0], device=q.device)[None, :] > rows
        logits = logits.masked_fill(hidden[:, None, :], -math.inf)
        lse[first:last] = torch.logsumexp(logits, dim=-1) / math.log(2.0)
        weights = torch.softmax(logits, dim=-1).nan_to_num(0.0)
        output[first:last] = torch.einsum("qht,thd->qhd", weights, v).to(q.dtype)
    return output, lse
