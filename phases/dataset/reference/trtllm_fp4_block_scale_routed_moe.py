import torch
import torch.nn.functional as F


@torch.no_grad()
def run(topk_ids, hidden_states, gemm1_weights, gemm2_weights):
    # constant axes
    # An entry packs an expert's number (upper 16 bits) and its weight, a bfloat16 (lower 16 bits).
    experts = topk_ids.to(torch.int32) >> 16
    shares = (topk_ids.to(torch.int32) & 0xFFFF).to(torch.int16).view(torch.bfloat16).to(torch.float32)
    inputs = hidden_states.to(torch.float32)
    output = torch.zeros(hidden_states.shape, dtype=torch.float32, device=hidden_states.device)
    for expert in range(gemm1_weights.shape[0]):
        tokens, place = torch.where(experts == expert)
        if tokens.numel() == 0:
            continue
        up, gate = (inputs[tokens] @ gemm1_weights[expert].to(torch.float32).T).chunk(2, dim=-1)
        result = (F.silu(gate) * up) @ gemm2_weights[expert].to(torch.float32).T
        output.index_add_(0, tokens, result * shares[tokens, place, None])
    return output.to(torch.bfloat16)
