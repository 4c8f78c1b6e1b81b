import math

import torch
import torch.nn.functional as F


@torch.no_grad()
def run(q, k, v, state, A_log, a, dt_bias, b, cu_seqlens, scale):
    # constant axes
    heads, width = v.shape[1], q.shape[2]
    scale = scale or 1.0 / math.sqrt(width)
    decay = torch.exp(-torch.exp(A_log.to(torch.float32)) * F.softplus(a.to(torch.float32) + dt_bias.to(torch.float32)))
    beta = torch.sigmoid(b.to(torch.float32))
    query = q.to(torch.float32).repeat_interleave(heads // q.shape[1], dim=1)
    key = k.to(torch.float32).repeat_interleave(heads // k.shape[1], dim=1)
    value = v.to(torch.float32)
    sequences = cu_seqlens.shape[0] - 1
    output = torch.zeros((q.shape[0], heads, width), dtype=q.dtype, device=q.device)
    new_state = torch.zeros((sequences, heads, width, width), dtype=torch.float32, device=q.device)
    for n in range(sequences):
        first, last = int(cu_seqlens[n]), int(cu_seqlens[n + 1])
        if first == last:
            continue
        if state is not None:
            new_state[n] = state[n].to(torch.float32)
        # The state is kept as [.., V, K]. What it says of the key is replaced by the value, to the degree beta.
        for t in range(first, last):
            kept = new_state[n] * decay[t, :, None, None]
            said = torch.einsum("hvk,hk->hv", kept, key[t])
            new_state[n] = kept + torch.einsum("hv,hk->hvk", (value[t] - said) * beta[t, :, None], key[t])
            output[t] = (scale * torch.einsum("hvk,hk->hv", new_state[n], query[t])).to(q.dtype)
    return output, new_state
