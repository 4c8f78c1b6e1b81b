import math

import torch
import torch.nn.functional as F


@torch.no_grad()
def run(q, k, v, initial_state, initial_state_indices, A_log, a, dt_bias, b, scale, intermediate_states_buffer):
    # constant axes
    batch, steps, heads, width = q.shape[0], q.shape[1], v.shape[2], q.shape[3]
    scale = scale or 1.0 / math.sqrt(width)
    decay = torch.exp(-torch.exp(A_log.to(torch.float32)) * F.softplus(a.to(torch.float32) + dt_bias.to(torch.float32)))
    beta = torch.sigmoid(b.to(torch.float32))
    query = q.to(torch.float32).repeat_interleave(heads // q.shape[2], dim=2)
    key = k.to(torch.float32).repeat_interleave(heads // k.shape[2], dim=2)
    value = v.to(torch.float32)
    output = torch.zeros((batch, steps, heads, width), dtype=q.dtype, device=q.device)
    final_state = initial_state.to(torch.float32).clone()
    for n in range(batch):
        slot = int(initial_state_indices[n])
        if slot < 0:
            continue
        state = initial_state[slot].to(torch.float32)
        # The state is kept as [.., V, K]. What it says of the key is replaced by the value, to the degree beta.
        for t in range(steps):
            kept = state * decay[n, t, :, None, None]
            said = torch.einsum("hvk,hk->hv", kept, key[n, t])
            state = kept + torch.einsum("hv,hk->hvk", (value[n, t] - said) * beta[n, t, :, None], key[n, t])
            output[n, t] = (scale * torch.einsum("hvk,hk->hv", state, query[n, t])).to(q.dtype)
            if intermediate_states_buffer is not None:
                intermediate_states_buffer[n, t] = state
        final_state[slot] = state
    return output, final_state
