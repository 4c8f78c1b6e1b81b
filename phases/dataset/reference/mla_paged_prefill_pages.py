import math

import torch


@torch.no_grad()
def run(
    q_nope, q_pe, ckv_cache, kpe_cache, qo_indptr, kv_indptr, kv_indices, kv_last_page_len, sm_scale
):
    # constant axes
    page_size = ckv_cache.shape[1]
    output = torch.zeros_like(q_nope)
    lse = torch.full(q_nope.shape[:2], -math.inf, dtype=torch.float32, device=q_nope.device)
    for b in range(qo_indptr.shape[0] - 1):
        first, last = int(qo_indptr[b]), int(qo_indptr[b + 1])
        pages = kv_indices[int(kv_indptr[b]) : int(kv_indptr[b + 1])].to(torch.long)
        if first == last or pages.numel() == 0:
            continue
        length = (pages.numel() - 1) * page_size + int(kv_last_page_len[b])
        ckv = ckv_cache[pages].flatten(0, 1)[:length].to(torch.float32)
        kpe = kpe_cache[pages].flatten(0, 1)[:length].to(torch.float32)
        logits = torch.einsum("qhd,td->qht", q_nope[first:last].to(torch.float32), ckv)
        logits = logits + torch.einsum("qhd,td->qht", q_pe[first:last].to(torch.float32), kpe)
        logits = logits * sm_scale
        # The last query sees every token of the cache, the one before it one less.
        rows = torch.arange(last - first, device=ckv.device)[:, None] + ckv.shape[0] - (last - first)
        hidden = torch.arange(ckv.shape[0], device=ckv.device)[None, :] > rows
        logits = logits.masked_fill(hidden[:, None, :], -math.inf)
        lse[first:last] = torch.logsumexp(logits, dim=-1) / math.log(2.0)
        weights = torch.softmax(logits, dim=-1).nan_to_num(0.0)
        output[first:last] = torch.einsum("qht,td->qhd", weights, ckv).to(q_nope.dtype)
    return output, lse
