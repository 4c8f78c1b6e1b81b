import torch
import torch.nn.functional as F


@torch.no_grad()
def run(state, x, dt, A, B, C, D, dt_bias, state_batch_indices):
    # constant axes
    group = x.shape[1] // B.shape[1]
    slots = state_batch_indices.to(torch.long)
    step = F.softplus(dt.to(torch.float32) + dt_bias.to(torch.float32))
    b = B.to(torch.float32).repeat_interleave(group, dim=1)
    c = C.to(torch.float32).repeat_interleave(group, dim=1)
    kept = state[slots].to(torch.float32) * torch.exp(step[..., None] * A.to(torch.float32))
    updated = kept + (step * x.to(torch.float32))[..., None] * b[:, :, None, :]
    output = (updated * c[:, :, None, :]).sum(dim=-1) + x.to(torch.float32) * D.to(torch.float32)
    new_state = state.clone()
    new_state[slots] = updated.to(state.dtype)
    return output.to(x.dtype), new_state
