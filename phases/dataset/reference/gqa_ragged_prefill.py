import math

import torch


@torch.no_grad()
def run(q, k, v, qo_indptr, kv_indptr, sm_scale):
    # constant axes
    group = q.shape[1] // k.shape[1]
    output = torch.zeros((*q.shape[:2], v.shape[2]), dtype=q.dtype, device=q.device)
    lse = torch.full(q.shape[:2], -math.inf, dtype=torch.float32, device=q.device)
    for b in range(qo_indptr.shape[0] - 1):
        first, last = int(qo_indptr[b]), int(qo_indptr[b + 1])
        start, end = int(kv_indptr[b]), int(kv_indptr[b + 1])
        if first == last or start == end:
            continue
        keys = k[start:end].to(torch.float32).repeat_interleave(group, dim=1)
        values = v[start:end].to(torch.float32).repeat_interleave(group, dim=1)
        logits = torch.einsum("qhd,thd->qht", q[first:last].to(torch.float32), keys) * sm_scale
        # The last query sees every token, the one before it one less.
        rows = torch.arange(last - first, device=q.device)[:, None] + (end - start) - (last - first)
        hidden = torch.arange(end - start, device=q.device)[None, :] > rows
        logits = logits.masked_fill(hidden[:, None, :], -math.inf)
        lse[first:last] = torch.logsumexp(logits, dim=-1) / math.log(2.0)
        weights = torch.softmax(logits, dim=-1).nan_to_num(0.0)
        output[first:last] = torch.einsum("qht,thd->qhd", weights, values).to(q.dtype)
    return output, lse
