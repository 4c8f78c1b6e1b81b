"""Computes the references of small Definitions and holds them to plain sums (scripts/definitions-peer.py).

The formulas here are written over lists of floats, one number at a time, so that they share nothing with the
references, which are written over whole tensors.
"""

import math
import random


class Bench:
    """The references of some Definitions, and what came out of them."""

    def __init__(self, torch, definitions):
        self.torch, self.definitions, self.done = torch, definitions, []

    def tensor(self, name, argument, values):
        """A tensor of the declared type; a scalar stays a number."""
        spec = self.definitions[name].inputs[argument]
        if spec.shape is None:
            return values
        return self.torch.tensor(values, dtype=getattr(self.torch, spec.dtype.value))

    def random(self, name, argument, *shape):
        values = self.torch.rand(shape, dtype=self.torch.float32) * 2 - 1
        return values.to(getattr(self.torch, self.definitions[name].inputs[argument].dtype.value))

    def run(self, name, **arguments):
        """The outputs as nested lists. The arguments must be the declared inputs, in their order."""
        definition = self.definitions[name]
        if list(arguments) != list(definition.inputs):
            raise SystemExit(f"{name}: takes {list(definition.inputs)}, not {list(arguments)}")
        scope = {}
        exec(compile(definition.reference, name, "exec"), scope)  # our own text
        outputs = scope["run"](*arguments.values())
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        for (key, spec), output in zip(definition.outputs.items(), outputs, strict=True):
            if str(output.dtype) != f"torch.{spec.dtype.value}" or len(output.shape) != len(spec.shape):
                raise SystemExit(f"{name}: {key} is {output.dtype}{list(output.shape)}, declared {spec.dtype.value}{spec.shape}")
        return [output.to(self.torch.float64).tolist() for output in outputs]

    def near(self, name, got, want, limit):
        worst = distance(name, got, want)
        if not worst <= limit:
            raise SystemExit(f"{name}: off by {worst}, more than {limit}")
        self.done.append((name, worst))


HALF, SINGLE = 0.02, 1e-4  # rounding of bfloat16 outputs of size 1, and of float32 ones


def distance(name, got, want):
    """The largest difference of two nested lists; equal infinities do not differ."""
    if isinstance(want, list):
        if len(got) != len(want):
            raise SystemExit(f"{name}: {len(got)} values where {len(want)} are right")
        return max((distance(name, g, w) for g, w in zip(got, want)), default=0.0)
    if got == want:
        return 0.0
    return math.inf if math.isnan(got) else abs(got - want)


def attention(queries, keys, values, scale, causal):
    """Softmax attention by its definition: queries [n][head], keys and values [t][kv head], each a list of floats.

    The last query stands at the last key; with causal, an earlier one sees as many fewer. Gives the outputs and the
    logarithms to base 2 of the sums. A query that sees nothing has the output 0 and the logarithm of 0.
    """
    outputs, logs = [], []
    for i, heads in enumerate(queries):
        seen = len(keys) - (len(queries) - 1 - i) if causal else len(keys)
        rows, sums = [], []
        for h, query in enumerate(heads):
            group = len(heads) // len(keys[0]) if keys else 1
            weights = [math.exp(scale * sum(a * b for a, b in zip(query, keys[t][h // group]))) for t in range(max(seen, 0))]
            total = sum(weights)
            width = len(values[0][0]) if values else len(query)
            rows.append([sum(w * values[t][h // group][d] for t, w in enumerate(weights)) / total if total else 0.0 for d in range(width)])
            sums.append(math.log2(total) if total else -math.inf)
        outputs.append(rows)
        logs.append(sums)
    return outputs, logs


def paged(lengths, page_size):
    """Pages of a cache in mixed order for requests of some lengths: indptr, indices, length of the last page."""
    pages = [-(-n // page_size) for n in lengths]
    indices = random.sample(range(sum(pages) + 2), sum(pages))
    indptr = [sum(pages[:i]) for i in range(len(pages) + 1)]
    return indptr, indices, [n - (p - 1) * page_size if p else 0 for n, p in zip(lengths, pages)]


def tokens(cache, indices, length, page_size):
    return [cache[indices[t // page_size]][t % page_size] for t in range(length)]


def check_paged(bench, name, latent, causal):
    """Paged decode (one query for each request) and prefill; latent caches hold one head of two parts."""
    axes = {key: axis.value for key, axis in bench.definitions[name].axes.items() if hasattr(axis, "value")}
    page_size, heads = axes["page_size"], axes["num_qo_heads"]
    lengths, asked = ([3, 0, 2 * page_size + 1, page_size], [2, 1, 3, 5] if causal else [1, 1, 1, 1])
    indptr, indices, last = paged(lengths, page_size)
    total, room, scale = sum(asked), len(indices) + 2, 0.37
    if latent:
        ckv, kpe = axes["head_dim_ckv"], axes["head_dim_kpe"]
        arguments = {"q_nope": (total, heads, ckv), "q_pe": (total, heads, kpe), "ckv_cache": (room, page_size, ckv), "kpe_cache": (room, page_size, kpe)}
    else:
        kv, d = axes["num_kv_heads"], axes["head_dim"]
        arguments = {"q": (total, heads, d), "k_cache": (room, page_size, kv, d), "v_cache": (room, page_size, kv, d)}
    arguments = {key: bench.random(name, key, *shape) for key, shape in arguments.items()}
    plain = {key: value.to(bench.torch.float64).tolist() for key, value in arguments.items()}
    starts = [sum(asked[:i]) for i in range(len(asked) + 1)]
    for key, values in {"qo_indptr": starts, "kv_indptr": indptr, "kv_indices": indices, "kv_last_page_len": last, "sm_scale": scale}.items():
        if key in bench.definitions[name].inputs:
            arguments[key] = bench.tensor(name, key, values)
    got = bench.run(name, **arguments)
    want, logs = [], []
    for b, length in enumerate(lengths):
        pages = indices[indptr[b] : indptr[b + 1]]
        if latent:
            queries = [[x + y for x, y in zip(*pair)] for pair in zip(plain["q_nope"], plain["q_pe"])]
            values = [[row] for row in tokens(plain["ckv_cache"], pages, length, page_size)]
            keys = [[v[0] + r] for v, r in zip(values, tokens(plain["kpe_cache"], pages, length, page_size))]
        else:
            queries = plain["q"]
            keys, values = (tokens(plain[key], pages, length, page_size) for key in ("k_cache", "v_cache"))
        rows, sums = attention(queries[starts[b] : starts[b + 1]], keys, values, scale, causal)
        if latent and not length:
            rows = [[[0.0] * axes["head_dim_ckv"] for _ in row] for row in rows]
        want, logs = want + rows, logs + sums
    bench.near(name, got[0], want, HALF)
    bench.near(name + " lse", got[1], logs, SINGLE)


def check_ragged(bench, name):
    axes = {key: axis.value for key, axis in bench.definitions[name].axes.items() if hasattr(axis, "value")}
    heads, kv = axes["num_qo_heads"], axes["num_kv_heads"]
    d, vd = (axes[key] if key in axes else axes["head_dim"] for key in ("qk_dim", "vo_dim"))
    lengths, asked, scale = [4, 0, 7, 2], [2, 1, 7, 3], 0.37
    starts, ends = ([sum(n[:i]) for i in range(len(n) + 1)] for n in (asked, lengths))
    tensors = {"q": (sum(asked), heads, d), "k": (sum(lengths), kv, d), "v": (sum(lengths), kv, vd)}
    tensors = {key: bench.random(name, key, *shape) for key, shape in tensors.items()}
    plain = {key: value.to(bench.torch.float64).tolist() for key, value in tensors.items()}
    got = bench.run(name, **tensors, qo_indptr=bench.tensor(name, "qo_indptr", starts), kv_indptr=bench.tensor(name, "kv_indptr", ends), sm_scale=scale)
    want, logs = [], []
    for b in range(len(lengths)):
        keys, values = plain["k"][ends[b] : ends[b + 1]], plain["v"][ends[b] : ends[b + 1]]
        rows, sums = attention(plain["q"][starts[b] : starts[b + 1]], keys, values, scale, True)
        rows = rows if lengths[b] else [[[0.0] * vd for _ in row] for row in rows]
        want, logs = want + rows, logs + sums
    bench.near(name, got[0], want, HALF)
    bench.near(name + " lse", got[1], logs, SINGLE)


def check_rope(bench, name, neighbours):
    """Each pair of dimensions is a complex number that is turned by its angle."""
    axes = {key: axis.value for key, axis in bench.definitions[name].axes.items() if hasattr(axis, "value")}
    d, rotated = axes["head_size"], axes["rotary_dim"]
    half = rotated // 2
    positions = [0, 5, 2]
    angles = [[p / 100 ** (i / half) for i in range(half)] for p in range(6)]
    table = [[math.cos(a) for a in row] + [math.sin(a) for a in row] for row in angles]
    tensors = {"q": bench.random(name, "q", 3, 4, d), "k": bench.random(name, "k", 3, 2, d)}
    got = bench.run(name, **tensors, cos_sin_cache=bench.tensor(name, "cos_sin_cache", table), positions=bench.tensor(name, "positions", positions))
    for output, x in zip(got, tensors.values()):
        want = x.to(bench.torch.float64).tolist()
        for row, p in zip(want, positions):
            for head in row:
                for i in range(half):
                    a, b = (2 * i, 2 * i + 1) if neighbours else (i, i + half)
                    turned = complex(head[a], head[b]) * complex(math.cos(angles[p][i]), math.sin(angles[p][i]))
                    head[a], head[b] = turned.real, turned.imag
        bench.near(name, output, want, HALF)


def check_sampling(bench, name, probs, **limits):
    """Draws many tokens: none outside of what the limits leave, and each as often as its share says."""
    left = sorted(range(len(probs)), key=lambda i: -probs[i])
    if "top_k" in limits:
        left = left[: limits["top_k"]]
    if "top_p" in limits:
        mass, kept = sum(probs[i] for i in left), []
        while sum(probs[i] for i in kept) < limits["top_p"] * mass:
            kept.append(left[len(kept)])
        left = kept
    draws = 20_000
    arguments = {key: bench.tensor(name, key, [value] * draws) for key, value in limits.items()}
    (got,) = bench.run(name, probs=bench.tensor(name, "probs", [probs] * draws), **arguments)
    mass = sum(probs[i] for i in left)
    shares = [probs[i] / mass if i in left else 0.0 for i in range(len(probs))]
    seen = [sum(1 for token in got if token == i) / draws for i in range(len(probs))]
    if outside := [i for i in range(len(probs)) if seen[i] and not shares[i]]:
        raise SystemExit(f"{name} with {limits}: drew {outside}, which the limits exclude")
    bench.near(name, seen, shares, 5 * 0.5 / draws**0.5)


def check_norm(bench, name, fused):
    h = bench.definitions[name].axes["hidden_size"].value
    keys = ["hidden_states"] + ["residual"] * fused
    tensors = {key: bench.random(name, key, 3, h) for key in keys} | {"weight": bench.random(name, "weight", h)}
    plain = {key: value.to(bench.torch.float64).tolist() for key, value in tensors.items()}
    rows = [[sum(parts) for parts in zip(*row)] for row in zip(*(plain[key] for key in keys))]
    want = [[v / math.sqrt(sum(y * y for y in row) / h + 1e-6) * w for v, w in zip(row, plain["weight"])] for row in rows]
    bench.near(name, bench.run(name, **tensors)[0], want, HALF)


def check_gemm(bench, name):
    n, k = (bench.definitions[name].axes[key].value for key in ("N", "K"))
    tensors = {"A": bench.random(name, "A", 3, k), "B": bench.random(name, "B", n, k)}
    a, b = (value.to(bench.torch.float64).tolist() for value in tensors.values())
    want = [[sum(x * y for x, y in zip(row, column)) for column in b] for row in a]
    bench.near(name, bench.run(name, **tensors)[0], want, HALF)


def compute(torch, definitions):
    """Computes every small Definition; gives the names with the largest difference, and those left out."""
    random.seed(1)
    torch.manual_seed(1)
    bench = Bench(torch, definitions)
    small = [name for name, d in definitions.items() if all(getattr(axis, "value", 0) <= 64 for axis in d.axes.values())]
    probs = [0.02, 0.3, 0.08, 0.05, 0.25, 0.1, 0.15, 0.05]
    for name in small:
        family = definitions[name].op_type
        if family == "gemm":
            check_gemm(bench, name)
        elif family == "rmsnorm":
            check_norm(bench, name, name.startswith("fused_add"))
        elif family in ("gqa_paged", "mla_paged"):
            check_paged(bench, name, family == "mla_paged", "prefill" in name)
        elif family in ("gqa_ragged", "mla_ragged"):
            check_ragged(bench, name)
        elif family == "rope":
            check_rope(bench, name, "gptj" in name)
        elif family == "sampling":
            for k, p in ((1, 0.5), (3, 0.6), (8, 1.0), (5, 0.01)):
                limits = {"top_k": k, "top_p": p}
                check_sampling(bench, name, probs, **{key: v for key, v in limits.items() if key in definitions[name].inputs})
    computed = {name.removesuffix(" lse") for name, _ in bench.done}
    return bench.done, sorted(set(small) - computed)
