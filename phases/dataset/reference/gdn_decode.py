import math

import torch
import torch.nn.functional as F


@torch.no_grad()
def run(q, k, v, state, A_log, a, dt_bias, b, scale):
    # constant axes
    heads, width = v.shape[2], q.shape[3]
    scale = scale or 1.0 / math.sqrt(width)
    decay = torch.exp(-torch.exp(A_log.to(torch.float32)) * F.softplus(a.to(torch.float32) + dt_bias.to(torch.float32)))
    beta = torch.sigmoid(b.to(torch.float32))
    query = q[:, 0].to(torch.float32).repeat_interleave(heads // q.shape[2], dim=1)
    key = k[:, 0].to(torch.float32).repeat_interleave(heads // k.shape[2], dim=1)
    value = v[:, 0].to(torch.float32)
    if state is None:
        state = torch.zeros((q.shape[0], heads, width, width), dtype=torch.float32, device=q.device)
    # The state is kept as [.., V, K]. What it says of the key is replaced by the value, to the degree beta.
    kept = state.to(torch.float32) * decay[:, 0, :, None, None]
    said = torch.einsum("bhvk,bhk->bhv", kept, key)
    new_state = kept + torch.einsum("bhv,bhk->bhvk", (value - said) * beta[:, 0, :, None], key)
    output = scale * torch.einsum("bhvk,bhk->bhv", new_state, query)
    return output[:, None].to(q.dtype), new_state
