"""Loads Definition JSONs through flashinfer-bench's own model (scripts/definitions-peer.sh)."""

import importlib.metadata
import importlib.util
import json
import pathlib
import random
import sys
import types


def definition_class():
    """The Definition model, without the package's own __init__, which imports torch and CUDA libraries."""
    spec = importlib.util.find_spec("flashinfer_bench")
    root = pathlib.Path(spec.origin).parent
    for name, path in {"flashinfer_bench": root, "flashinfer_bench.data": root / "data"}.items():
        shell = types.ModuleType(name)
        shell.__path__ = [str(path)]
        sys.modules[name] = shell
    from flashinfer_bench.data.definition import Definition

    return Definition


def load(model, files):
    definitions = {}
    for file in files:
        definition = model.model_validate_json(file.read_text(encoding="utf-8"))
        if definition.name != file.stem or definition.op_type != file.parent.name:
            raise SystemExit(f"{file}: reads back as {definition.name} of {definition.op_type}")
        # What the model leaves out it did not understand.
        written = json.loads(file.read_text(encoding="utf-8"))
        lost = [key for key in written if key not in type(definition).model_fields]
        if lost:
            raise SystemExit(f"{file}: the model does not know {lost}")
        definitions[definition.name] = definition
    return definitions


def refuses(model, files):
    """A model that accepts everything checks nothing."""
    broken = json.loads(files[0].read_text(encoding="utf-8"))
    first = next(iter(broken["inputs"].values()))
    first["shape"] = ["no_such_axis"]
    try:
        model.model_validate(broken)
    except ValueError:
        return
    raise SystemExit("the model accepts a Definition with an axis that is not declared")


def compute(torch, definitions):
    """The references of the small names against plain sums."""

    def run(name, *args):
        scope = {}
        exec(compile(definitions[name].reference, name, "exec"), scope)  # our own text
        return scope["run"](*args)

    def matrix(rows, columns):
        return [[random.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)]

    def near(name, got, want):
        got = got[0] if isinstance(got, (tuple, list)) else got
        worst = max(abs(float(got[i][j]) - want[i][j]) for i in range(len(want)) for j in range(len(want[0])))
        if worst > 0.05:  # half precision
            raise SystemExit(f"{name}: off by {worst}")
        print(f"  {name}: computed, off by at most {worst:.2g}")

    def tensor(values, name, argument):
        dtype = getattr(torch, definitions[name].inputs[argument].dtype.value)
        return torch.tensor(values, dtype=dtype)

    random.seed(1)
    a, b = matrix(3, 16), matrix(8, 16)
    want = [[sum(x * y for x, y in zip(row, column)) for column in b] for row in a]
    near("gemm_n8_k16", run("gemm_n8_k16", tensor(a, "gemm_n8_k16", "A"), tensor(b, "gemm_n8_k16", "B")), want)

    x, residual, weight = matrix(3, 16), matrix(3, 16), matrix(1, 16)[0]

    def norm(rows):
        return [[v / (sum(y * y for y in row) / len(row)) ** 0.5 * w for v, w in zip(row, weight)] for row in rows]

    name = "rmsnorm_h16"
    near(name, run(name, tensor(x, name, "hidden_states"), tensor(weight, name, "weight")), norm(x))
    name = "fused_add_rmsnorm_h16"
    summed = [[p + q for p, q in zip(*rows)] for rows in zip(x, residual)]
    got = run(name, tensor(x, name, "hidden_states"), tensor(residual, name, "residual"), tensor(weight, name, "weight"))
    near(name, got, norm(summed))


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("definitions/*/*.json"))
    if not files:
        raise SystemExit("no Definitions to check")
    model = definition_class()
    refuses(model, files)
    definitions = load(model, files)
    print(f"checked: flashinfer-bench {importlib.metadata.version('flashinfer-bench')} loads {len(definitions)} Definitions")
    try:
        import torch
    except ImportError:
        print("not checked: no torch here, the gemm and rmsnorm references were not computed (PYTHON=an interpreter that has it)")
        return
    compute(torch, definitions)
    others = sorted({name.split("_h")[0] for name, d in definitions.items() if d.op_type not in ("gemm", "rmsnorm")})
    print(f"checked: the gemm and rmsnorm references with torch {torch.__version__}")
    print(f"not checked: what the references of the other families compute ({len(others)} forms)")


main()
