"""FlashInfer's own references, out of an unpacked flashinfer-python (scripts/definitions-peer.py).

They stand in its trace templates, which need PyTorch alone: the package's own __init__, which compiles kernels and looks
for a GPU, is not run.
"""

import importlib
import inspect
import pathlib
import re
import sys
import types

# Families of the dataset with the module and the prefix of FlashInfer's template for the same function. Where the two
# take other arguments, a function makes FlashInfer's from the name and ours.
TEMPLATES = {
    "rmsnorm": ("norm", "rmsnorm", None),
    "fused_add_rmsnorm": ("norm", "fused_add_rmsnorm", None),
    "gqa_paged_decode": ("attention", "gqa_paged_decode", None),
    "gqa_paged_prefill_causal": ("attention", "gqa_paged_prefill", None),
    "gqa_ragged_prefill_causal": ("attention", "gqa_ragged", None),
    "mla_paged_prefill_causal": ("attention", "mla_paged_prefill", None),
    "dsa_sparse_attention": ("attention", "dsa_sparse_attention", None),
    "gdn_prefill": ("gdn", "gdn_prefill", None),
    "gdn_decode": ("gdn", "gdn_decode", None),
    # The dataset's Definition takes queries and keys that are normed already, and keeps the states.
    "gdn_mtp": ("gdn", "gdn_mtp", lambda _, a: {**a, "use_qk_l2norm": False, "disable_state_update": False}),
    "mamba_ssu_decode": ("mamba", "selective_state_update", lambda _, a: state_update(**a)),
    "moe_fp8_block_scale_renorm": ("moe", "moe_fp8_block_scale_renormalize_routing", lambda name, a: routed(name, **a)),
    "trtllm_fp4_block_scale_routed_moe": ("moe", "trtllm_fp4_block_scale_routed_moe", lambda name, a: routed_in_fp4(name, **a)),
    "rope_with_cos_sin_cache_neox_style": ("rope", "rope_cos_sin_cache", lambda _, a: rope(True, **a)),
    "rope_with_cos_sin_cache_gptj_style": ("rope", "rope_cos_sin_cache", lambda _, a: rope(False, **a)),
}


def state_update(state, x, state_batch_indices, B, C, **heads):
    """FlashInfer's reference knows one head: each head of each request is one of its requests."""
    requests, count = x.shape[:2]

    def each(tensor):  # what all requests share
        return tensor.expand(requests, *tensor.shape).reshape(requests * count, *tensor.shape[1:])

    def of_groups(tensor):
        return tensor.repeat_interleave(count // tensor.shape[1], dim=1).reshape(requests * count, -1)

    return {
        "state": state[state_batch_indices.long()].reshape(requests * count, *state.shape[2:]),
        "x": x.reshape(requests * count, -1), "dt": heads["dt"].reshape(requests * count, -1),
        "A": each(heads["A"]), "D": each(heads["D"]), "dt_bias": each(heads["dt_bias"]),
        "B": of_groups(B), "C": of_groups(C), "dt_softplus": True,
    }


def routed(name, **same):
    """The number of experts chosen is fixed by the dataset's Definition, and an argument of FlashInfer's."""
    top_k = int(re.search(r"_topk(\d+)_", name).group(1))
    return {"routing_bias": None, "local_expert_offset": 0, "routed_scaling_factor": 1.0, **same, "top_k": top_k}


def routed_in_fp4(name, topk_ids, hidden_states, gemm1_weights, gemm2_weights):
    """FlashInfer's reference takes the weights in MXFP4 and experts without shares, of which each counts alike; None
    where ours are not so."""
    import torch

    shares = (topk_ids & 0xFFFF).to(torch.int16).view(torch.bfloat16).to(torch.float32)
    first, second = mxfp4(torch, gemm1_weights), mxfp4(torch, gemm2_weights)
    if first is None or second is None or not (shares == 1 / topk_ids.shape[1]).all():
        return None
    return {
        "topk_ids": topk_ids >> 16, "hidden_states": hidden_states, "hidden_states_scale": None,
        "gemm1_weights": first[0], "gemm1_weights_scale": first[1], "gemm1_bias": None,
        "gemm2_weights": second[0], "gemm2_weights_scale": second[1], "gemm2_bias": None,
        "num_experts": gemm1_weights.shape[0], "top_k": topk_ids.shape[1], "local_expert_offset": 0,
    }


# The magnitudes of a four-bit float (E2M1), and how many of them share a power of two here; MXFP4's own blocks of 32 are
# wider than the small models that are computed, and FlashInfer's reference takes the width from the shapes.
E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
BLOCK = 4


def mxfp4(torch, weights):
    """Weights as two numbers a byte, the first in its lower half, and the biased exponent of each block; None where
    they are not exactly of this form."""
    blocks = weights.reshape(*weights.shape[:-1], -1, BLOCK)
    codes, exponents = torch.zeros_like(blocks, dtype=torch.uint8), torch.zeros(blocks.shape[:-1], dtype=torch.uint8)
    for exponent in range(-8, 1):
        scaled = blocks / 2.0**exponent
        off = (scaled.abs()[..., None] - torch.tensor(E2M1)).abs()
        exact = (off.min(dim=-1).values == 0).all(dim=-1) & (exponents == 0)
        signed = off.argmin(dim=-1).to(torch.uint8) | ((scaled < 0).to(torch.uint8) << 3)
        codes[exact], exponents[exact] = signed[exact], 127 + exponent
    if (exponents == 0).any():
        return None
    codes = codes.reshape(*weights.shape[:-1], -1, 2)
    return codes[..., 0] | (codes[..., 1] << 4), exponents


def rope(neox, q, k, cos_sin_cache, positions):
    return {"positions": positions, "query": q.reshape(q.shape[0], -1), "key": k.reshape(k.shape[0], -1),
            "head_size": q.shape[-1], "cos_sin_cache": cos_sin_cache, "is_neox": neox}


class FlashInfer:
    """The references of one unpacked version."""

    def __init__(self, root):
        package = pathlib.Path(root) / "flashinfer"
        if not (package / "trace" / "templates").is_dir():
            raise SystemExit(f"{root} holds no flashinfer/trace/templates")
        for name, path in {"flashinfer": package, "flashinfer.trace": package / "trace"}.items():
            shell = types.ModuleType(name)
            shell.__path__ = [str(path)]
            sys.modules[name] = shell
        templates = types.ModuleType("flashinfer.trace.templates")
        templates.__path__ = [str(package / "trace" / "templates")]
        sys.modules["flashinfer.trace.templates"] = templates
        self.compared = {}

    def reference(self, name):
        """FlashInfer's reference for a Definition, and what makes its arguments; (None, None) without one."""
        family = max((f for f in TEMPLATES if name.startswith(f + "_")), key=len, default=None)
        if family is None:
            return None, None
        module, prefix, adapt = TEMPLATES[family]
        for template in vars(importlib.import_module(f"flashinfer.trace.templates.{module}")).values():
            if type(template).__name__ == "TraceTemplate" and template.name_prefix == prefix and template.reference:
                return template.reference, adapt
        raise SystemExit(f"FlashInfer has no template {prefix} with a reference")

    def compute(self, name, arguments):
        """The outputs of FlashInfer's reference as tensors; None where it has none that takes these arguments."""
        function, adapt = self.reference(name)
        if function is None:
            return None
        if adapt:
            arguments = adapt(name, arguments)
        if arguments is None:
            return None
        signature = inspect.signature(function)
        takes_all = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
        if not takes_all and set(arguments) - set(signature.parameters):
            return None  # pages of more than one token: FlashInfer's reference has no lengths of last pages
        outputs = function(**{key: value.clone() if hasattr(value, "clone") else value for key, value in arguments.items()})
        return outputs if isinstance(outputs, (tuple, list)) else (outputs,)
