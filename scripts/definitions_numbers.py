"""Computes the references of small Definitions and holds them to plain sums (scripts/definitions-peer.py).

The formulas here are written over lists of floats, one number at a time, so that they share nothing with the
references, which are written over whole tensors.
"""

import math
import random

import definitions_flashinfer


class Bench:
    """The references of some Definitions, and what came out of them."""

    def __init__(self, torch, definitions, flashinfer=None):
        self.torch, self.definitions, self.done, self.flashinfer = torch, definitions, [], flashinfer

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
        theirs = self.flashinfer.compute(name, arguments) if self.flashinfer else None
        outputs = scope["run"](*arguments.values())
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        for (key, spec), output in zip(definition.outputs.items(), outputs, strict=True):
            if str(output.dtype) != f"torch.{spec.dtype.value}" or len(output.shape) != len(spec.shape):
                raise SystemExit(f"{name}: {key} is {output.dtype}{list(output.shape)}, declared {spec.dtype.value}{spec.shape}")
        if theirs is not None:
            self.agree(name, outputs, theirs)
        return [output.to(self.torch.float64).tolist() for output in outputs]

    def agree(self, name, outputs, theirs):
        """Holds our outputs to those of FlashInfer's own reference, as many as it gives."""
        worst = 0.0
        for ours, other in zip(outputs, theirs):
            ours, other = ours.to(self.torch.float64), other.to(self.torch.float64).reshape(ours.shape)
            off = self.torch.where(ours == other, 0.0, (ours - other).abs()).max().item() if ours.numel() else 0.0
            worst = math.inf if math.isnan(off) else max(worst, off)
        if not worst <= HALF:
            raise SystemExit(f"{name}: off from FlashInfer's reference by {worst}")
        self.flashinfer.compared[name] = max(worst, self.flashinfer.compared.get(name, 0.0))

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


def fixed(bench, name):
    """The sizes that a Definition fixes."""
    return {key: axis.value for key, axis in bench.definitions[name].axes.items() if hasattr(axis, "value")}


def softplus(x):
    return math.log1p(math.exp(x))


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
    axes = fixed(bench, name)
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
    axes = fixed(bench, name)
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
    axes = fixed(bench, name)
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


def check_whole_mass(bench, name):
    """A top-p of 1 keeps all tokens, where the rounded sum of the likely ones is 1 before the last."""
    torch = bench.torch
    for _ in range(100):
        probs = torch.softmax(torch.randn(1, 32_000) * 4, dim=-1)
        ordered = torch.sort(probs, dim=-1, descending=True).values
        if bool((torch.cumsum(ordered, dim=-1) - ordered >= 1.0).any()):
            break
    else:
        raise SystemExit("no sum was rounded to 1 before its last token: nothing to check")
    scope = {}
    exec(compile(bench.definitions[name].reference, name, "exec"), scope)  # our own text
    dropped = int(((probs > 0) & (scope["keep_top_p"](probs, torch.tensor([1.0])) == 0)).sum())
    if dropped:
        raise SystemExit(f"{name}: a top-p of 1 drops {dropped} tokens")


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


def check_delta_rule(bench, name):
    """Gated delta networks: sequences of some lengths, one step each (decode), or from states of a pool (mtp)."""
    axes = fixed(bench, name)
    queries, heads, d = axes["num_q_heads"], axes["num_v_heads"], axes["head_size"]
    pool, scale = "initial_state" in bench.definitions[name].inputs, 0.37
    one = axes.get("seq_len") == 1
    lengths = [1, 1, 1] if one else [3, 3, 3] if pool else [3, 0, 2]
    total, slots, rooms = sum(lengths), [2, -1, 0] if pool else [0, 1, 2], 4 if pool else 3
    front = (len(lengths), lengths[0]) if one or pool else (total,)
    start = "initial_state" if pool else "state"
    shapes = {key: (*front, n, d) for key, n in (("q", queries), ("k", queries), ("v", heads))} | {"a": (*front, heads), "b": (*front, heads)}
    shapes |= {"A_log": (heads,), "dt_bias": (heads,), start: (rooms, heads, d, d)}
    tensors = {key: bench.random(name, key, *shape) for key, shape in shapes.items()}
    flat = {key: x.to(bench.torch.float64).reshape(total, *x.shape[len(front) :]).tolist() for key, x in tensors.items() if key in "qkvab"}
    plain = {key: tensors[key].to(bench.torch.float64).tolist() for key in ("A_log", "dt_bias", start)}
    starts = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    tensors |= {key: bench.tensor(name, key, values) for key, values in {"initial_state_indices": slots, "cu_seqlens": starts, "scale": scale}.items() if key in bench.definitions[name].inputs}
    buffer = bench.torch.zeros(rooms, lengths[0], heads, d, d)
    arguments = {key: tensors.get(key, buffer) for key in bench.definitions[name].inputs}
    got = bench.run(name, **arguments)
    outputs, states = [[[0.0] * d for _ in range(heads)] for _ in range(total)], plain[start]
    between = [[[[[0.0] * d for _ in range(d)] for _ in range(heads)] for _ in range(lengths[0])] for _ in range(rooms)]
    for n, slot in enumerate(slots):
        if not lengths[n]:  # a sequence without tokens has no state
            states[n] = [[[0.0] * d for _ in range(d)] for _ in range(heads)]
        for t in range(starts[n], starts[n + 1]) if slot >= 0 else ():
            for h in range(heads):
                q, k, v = flat["q"][t][h * queries // heads], flat["k"][t][h * queries // heads], flat["v"][t][h]
                decay = math.exp(-math.exp(plain["A_log"][h]) * softplus(flat["a"][t][h] + plain["dt_bias"][h]))
                beta = 1 / (1 + math.exp(-flat["b"][t][h]))
                # S = decay S (1 - beta k k^T) + beta v k^T, a row for each of v
                rows = [[decay * x for x in row] for row in states[slot][h]]
                along = [sum(x * y for x, y in zip(row, k)) for row in rows]
                states[slot][h] = [[x - beta * s * y + beta * w * y for x, y in zip(row, k)] for row, s, w in zip(rows, along, v)]
                outputs[t][h] = [scale * sum(x * y for x, y in zip(row, q)) for row in states[slot][h]]
                between[n][t - starts[n]][h] = states[slot][h]
    if one or pool:
        outputs = [outputs[a:b] for a, b in zip(starts, starts[1:])]
    bench.near(name, got[0], outputs, HALF)
    bench.near(name + " state", got[1], states, SINGLE)
    if pool:
        bench.near(name + " states between", buffer.tolist(), between, SINGLE)


def check_state_update(bench, name):
    """One step of Mamba 2's selective state space, for requests whose states lie in a cache."""
    axes = fixed(bench, name)
    heads, d, s, groups = (axes[key] for key in ("nheads", "head_dim", "dstate", "ngroups"))
    slots = [2, 0, 4]
    shapes = {"state": (5, heads, d, s), "x": (3, heads, d), "dt": (3, heads, d), "A": (heads, d, s), "B": (3, groups, s), "C": (3, groups, s), "D": (heads, d), "dt_bias": (heads, d)}
    tensors = {key: bench.random(name, key, *shape) for key, shape in shapes.items()}
    plain = {key: x.to(bench.torch.float64).tolist() for key, x in tensors.items()}
    got = bench.run(name, **tensors, state_batch_indices=bench.tensor(name, "state_batch_indices", slots))
    outputs, states = [], plain["state"]
    for n, slot in enumerate(slots):
        outputs.append([[0.0] * d for _ in range(heads)])
        for h in range(heads):
            b, c = plain["B"][n][h * groups // heads], plain["C"][n][h * groups // heads]
            for i in range(d):
                step, x = softplus(plain["dt"][n][h][i] + plain["dt_bias"][h][i]), plain["x"][n][h][i]
                row = [math.exp(step * a) * old + step * x * y for a, old, y in zip(plain["A"][h][i], states[slot][h][i], b)]
                states[slot][h][i] = row
                outputs[n][h][i] = sum(y * z for y, z in zip(row, c)) + plain["D"][h][i] * x
    bench.near(name, got[0], outputs, 2 * HALF)
    bench.near(name + " state", got[1], states, HALF)


def check_sparse_attention(bench, name):
    """Latent attention to the tokens of a list, -1 where it ends."""
    axes = fixed(bench, name)
    heads, ckv, kpe, page_size, topk = (axes[key] for key in ("num_qo_heads", "head_dim_ckv", "head_dim_kpe", "page_size", "topk"))
    pages, scale = 3, 0.37
    chosen = [random.sample(range(pages * page_size), n) for n in (topk, 0, topk - 1)]
    shapes = {"q_nope": (3, heads, ckv), "q_pe": (3, heads, kpe), "ckv_cache": (pages, page_size, ckv), "kpe_cache": (pages, page_size, kpe)}
    tensors = {key: bench.random(name, key, *shape) for key, shape in shapes.items()}
    plain = {key: x.to(bench.torch.float64).tolist() for key, x in tensors.items()}
    indices = bench.tensor(name, "sparse_indices", [tokens + [-1] * (topk - len(tokens)) for tokens in chosen])
    got = bench.run(name, **tensors, sparse_indices=indices, sm_scale=scale)
    want, logs = [], []
    for t, places in enumerate(chosen):
        values, rotary = ([plain[key][p // page_size][p % page_size] for p in places] for key in ("ckv_cache", "kpe_cache"))
        query = [x + y for x, y in zip(plain["q_nope"][t], plain["q_pe"][t])]
        rows, sums = attention([query], [[v + r] for v, r in zip(values, rotary)], [[v] for v in values], scale, False)
        want, logs = want + [[row[:ckv] for row in rows[0]]], logs + sums
    bench.near(name, got[0], want, HALF)
    bench.near(name + " lse", got[1], logs, SINGLE)


def check_indexer(bench, name):
    """The tokens of each request whose keys the index heads like best; which, not in what order."""
    torch, axes = bench.torch, fixed(bench, name)
    heads, d, page_size, topk = (axes[key] for key in ("num_index_heads", "index_head_dim", "page_size", "topk"))
    lengths = [topk - 1, 0, 2 * page_size + 1, page_size] + 8 * [3 * page_size]
    table = [random.sample(range(9), 3) for _ in lengths]
    keys, scales = (torch.rand(9, page_size, d) * 2 - 1).to(torch.float8_e4m3fn), torch.rand(9, page_size) + 0.5
    # A page has the keys of its tokens, then their scales.
    raw = torch.cat([keys.view(torch.uint8).flatten(1), scales.view(torch.uint8).flatten(1)], dim=1)
    cache = raw.view(torch.int8).reshape(9, page_size, 1, d + 4)
    query, weights = bench.random(name, "q_index_fp8", len(lengths), heads, d), bench.random(name, "weights", len(lengths), heads).abs()
    (got,) = bench.run(name, q_index_fp8=query, k_index_cache_fp8=cache, weights=weights, seq_lens=bench.tensor(name, "seq_lens", lengths), block_table=bench.tensor(name, "block_table", table))
    keys, scales, query, weights = (x.to(torch.float64).tolist() for x in (keys, scales, query, weights))
    want = []
    for b, length in enumerate(lengths):
        scores = {}
        for t in range(length):
            page, place = table[b][t // page_size], t % page_size
            likes = (max(0.0, sum(x * y * scales[page][place] for x, y in zip(row, keys[page][place]))) for row in query[b])
            scores[page * page_size + place] = sum(w * like for w, like in zip(weights[b], likes))
        best = sorted(scores, key=scores.get, reverse=True)[:topk]
        want.append(sorted(best + [-1] * (topk - len(best))))
    bench.near(name, [sorted(row) for row in got], want, 0)


def experts_output(token, chosen, first, second):
    """What experts make of a token: chosen are pairs of an expert and its share; its first matrix has up, then gate."""
    output = [0.0] * len(token)
    for expert, share in chosen:
        both = [sum(x * y for x, y in zip(row, token)) for row in first[expert]]
        up, gate = both[: len(both) // 2], both[len(both) // 2 :]
        inner = [g / (1 + math.exp(-g)) * u for u, g in zip(up, gate)]
        output = [o + share * sum(x * y for x, y in zip(row, inner)) for o, row in zip(output, second[expert])]
    return output


def check_routed_moe(bench, name):
    """Experts whose numbers and shares are given, packed into 32 bits: with any weights, and with those that FP4 has
    and equal shares, of which FlashInfer has a reference, too."""
    torch, axes = bench.torch, fixed(bench, name)
    experts, h, i, k = (axes[key] for key in ("num_experts", "hidden_size", "intermediate_size", "top_k"))
    chosen = [random.sample(range(experts), k) for _ in range(3)]
    sizes = {"gemm1_weights": (experts, 2 * i, h), "gemm2_weights": (experts, h, i)}
    numbers = [sign * x for x in definitions_flashinfer.E2M1 for sign in (-1, 1)]

    def in_fp4(*shape):
        rows, width = math.prod(shape[:-1]), definitions_flashinfer.BLOCK
        blocks = torch.tensor([random.choices(numbers, k=width) for _ in range(rows * shape[-1] // width)])
        return (blocks * 2.0 ** torch.randint(-4, -1, (len(blocks), 1))).reshape(shape)

    for shares, weights in (
        (torch.rand(3, k), {key: bench.random(name, key, *size) for key, size in sizes.items()}),
        (torch.full((3, k), 1 / k), {key: in_fp4(*size) for key, size in sizes.items()}),
    ):
        shares = shares.to(torch.bfloat16)
        packed = (torch.tensor(chosen, dtype=torch.int32) << 16) | (shares.view(torch.int16).to(torch.int32) & 0xFFFF)
        tensors = {"hidden_states": bench.random(name, "hidden_states", 3, h), **weights}
        (got,) = bench.run(name, topk_ids=packed, **tensors)
        tokens, first, second = (x.to(torch.float64).tolist() for x in tensors.values())
        want = [experts_output(token, list(zip(*pair)), first, second) for token, *pair in zip(tokens, chosen, shares.to(torch.float64).tolist())]
        bench.near(name, got, want, HALF)


def check_scaled_moe(bench, name):
    """FP8 experts with a scale for each block of 128 by 128, chosen by a softmax that is normalised again."""
    torch, axes = bench.torch, fixed(bench, name)
    experts, h, i, k = (axes[key] for key in ("num_local_experts", "hidden_size", "intermediate_size", "top_k"))
    sizes = {"routing_logits": (3, experts), "hidden_states": (3, h), "hidden_states_scale": (h // 128, 3), "gemm1_weights": (experts, 2 * i, h)}
    sizes |= {"gemm1_weights_scale": (experts, 2 * i // 128, h // 128), "gemm2_weights": (experts, h, i), "gemm2_weights_scale": (experts, h // 128, i // 128)}
    tensors = {key: bench.random(name, key, *shape) for key, shape in sizes.items()}
    for key, about in (("hidden_states_scale", 0.3), ("gemm1_weights_scale", 0.3), ("gemm2_weights_scale", 1.0)):  # the outputs are of size 1
        tensors[key] = (tensors[key].abs() + 0.5) * about
    (got,) = bench.run(name, **tensors)
    plain = {key: x.to(torch.float64).tolist() for key, x in tensors.items()}
    tokens = [[x * plain["hidden_states_scale"][j // 128][t] for j, x in enumerate(row)] for t, row in enumerate(plain["hidden_states"])]
    first, second = (
        [[[x * scale[r // 128][j // 128] for j, x in enumerate(row)] for r, row in enumerate(matrix)] for matrix, scale in zip(plain[key], plain[key + "_scale"])]
        for key in ("gemm1_weights", "gemm2_weights")
    )
    want = []
    for token, logits in zip(tokens, plain["routing_logits"]):
        odds = [math.exp(x) / sum(map(math.exp, logits)) for x in logits]
        best = sorted(range(experts), key=lambda e: -odds[e])[:k]
        want.append(experts_output(token, [(e, odds[e] / sum(odds[b] for b in best)) for e in best], first, second))
    bench.near(name, got, want, HALF)


def compute(torch, definitions, flashinfer=None):
    """Computes every small Definition; gives the names with the largest difference, and those left out.

    With flashinfer (definitions_flashinfer.FlashInfer) each is held to FlashInfer's own reference, too."""
    random.seed(1)
    torch.manual_seed(1)
    bench = Bench(torch, definitions, flashinfer)
    # A block of FP8 weights is 128 wide, so an MoE is small up to some blocks.
    small = [name for name, d in definitions.items() if all(getattr(axis, "value", 0) <= (256 if d.op_type == "moe" else 64) for axis in d.axes.values())]
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
        elif family == "gdn":
            check_delta_rule(bench, name)
        elif family == "mamba_ssu":
            check_state_update(bench, name)
        elif family == "dsa_paged":
            (check_indexer if "indexer" in name else check_sparse_attention)(bench, name)
        elif family == "moe":
            (check_routed_moe if "topk_ids" in definitions[name].inputs else check_scaled_moe)(bench, name)
        elif family == "sampling":
            if "top_p" in definitions[name].inputs:
                check_whole_mass(bench, name)
            for k, p in ((1, 0.5), (3, 0.6), (8, 1.0), (5, 0.01)):
                limits = {"top_k": k, "top_p": p}
                check_sampling(bench, name, probs, **{key: v for key, v in limits.items() if key in definitions[name].inputs})
    computed = {name.split(" ")[0] for name, _ in bench.done}
    return bench.done, sorted(set(small) - computed)
