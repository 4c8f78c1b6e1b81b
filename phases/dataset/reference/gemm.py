import torch


@torch.no_grad()
def run(A, B):
    # constant axes
    return torch.matmul(A, B.T)
