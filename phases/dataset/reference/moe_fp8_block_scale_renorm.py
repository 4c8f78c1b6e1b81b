import torch
import torch.nn.functional as F

TOPK = 8
BLOCK = 128


def scaled(weights, scales):
    # One scale for each block of BLOCK by BLOCK weights.
    wide = scales.repeat_interleave(BLOCK, dim=-2).repeat_interleave(BLOCK, dim=-1)
    return weights.to(torch.float32) * wide


@torch.no_grad()
def run(
    routing_logits,
    hidden_states,
    hidden_states_scale,
    gemm1_weights,
    gemm1_weights_scale,
    gemm2_weights,
    gemm2_weights_scale,
):
    # constant axes
    inputs = hidden_states.to(torch.float32) * hidden_states_scale.to(torch.float32).T.repeat_interleave(BLOCK, dim=1)
    # The softmax over the chosen experts is the softmax over all of them, normalised again.
    logits, experts = torch.topk(routing_logits.to(torch.float32), TOPK, dim=-1)
    shares = torch.softmax(logits, dim=-1)
    output = torch.zeros(hidden_states.shape, dtype=torch.float32, device=hidden_states.device)
    for expert in range(gemm1_weights.shape[0]):
        tokens, place = torch.where(experts == expert)
        if tokens.numel() == 0:
            continue
        first = inputs[tokens] @ scaled(gemm1_weights[expert], gemm1_weights_scale[expert]).T
        up, gate = first.chunk(2, dim=-1)
        result = (F.silu(gate) * up) @ scaled(gemm2_weights[expert], gemm2_weights_scale[expert]).T
        output.index_add_(0, tokens, result * shares[tokens, place, None])
    return output.to(torch.bfloat16)
