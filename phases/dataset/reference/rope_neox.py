import torch


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


@torch.no_grad()
def run(q, k, cos_sin_cache, positions):
    # constant axes
    rotary_dim = cos_sin_cache.shape[1]
    # Each row of the table holds the cosines, then the sines, of one position.
    cos, sin = cos_sin_cache[positions].to(torch.float32)[:, None, :].chunk(2, dim=-1)
    outputs = []
    for x in (q, k):
        rotated = rotate(x[..., :rotary_dim].to(torch.float32), cos, sin).to(x.dtype)
        outputs.append(torch.cat((rotated, x[..., rotary_dim:]), dim=-1))
    return tuple(outputs)
