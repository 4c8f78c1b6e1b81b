import torch

TOPK = 2048


def unpacked(cache):
    # A page holds the FP8 values of all its tokens, then a float32 scale for each of them.
    pages, page_size, _, row = cache.shape
    width = row - 4
    flat = cache.contiguous().view(torch.uint8).reshape(pages, page_size * row)
    values = flat[:, : page_size * width].contiguous().view(torch.float8_e4m3fn).reshape(pages, page_size, width)
    scales = flat[:, page_size * width :].contiguous().view(torch.float32).reshape(pages, page_size, 1)
    return values.to(torch.float32) * scales


@torch.no_grad()
def run(q_index_fp8, k_index_cache_fp8, weights, seq_lens, block_table):
    # constant axes
    keys = unpacked(k_index_cache_fp8)
    page_size = keys.shape[1]
    topk_indices = torch.full((q_index_fp8.shape[0], TOPK), -1, dtype=torch.int32, device=q_index_fp8.device)
    for b in range(q_index_fp8.shape[0]):
        length = int(seq_lens[b])
        if length == 0:
            continue
        pages = block_table[b, : (length + page_size - 1) // page_size].to(torch.long)
        scores = torch.relu(q_index_fp8[b].to(torch.float32) @ keys[pages].flatten(0, 1)[:length].T)
        scores = (scores * weights[b].to(torch.float32)[:, None]).sum(dim=0)
        best = torch.topk(scores, min(TOPK, length)).indices
        # A token's number counts through all pages of the cache.
        topk_indices[b, : best.numel()] = (pages[best // page_size] * page_size + best % page_size).to(torch.int32)
    return topk_indices
