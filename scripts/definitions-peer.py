"""Loads Definition JSONs through flashinfer-bench's own model (scripts/definitions-peer.sh)."""

import importlib.metadata
import importlib.util
import json
import pathlib
import sys
import types

import definitions_flashinfer
import definitions_numbers


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
        print("not checked: no torch here, so no reference was computed (PYTHON=an interpreter that has it)")
        return
    flashinfer = definitions_flashinfer.FlashInfer(pathlib.Path(importlib.util.find_spec("flashinfer").origin).parents[1])
    done, left = definitions_numbers.compute(torch, definitions, flashinfer)
    worst = {}
    for name, off in done:
        worst[name] = max(off, worst.get(name, 0.0))
    for name, off in worst.items():
        print(f"  {name}: off by at most {off:.2g}")
    if left:
        raise SystemExit(f"no formula is known for {left}")
    computed = {definitions[name.split(" ")[0]].op_type for name in worst}
    if missed := {d.op_type for d in definitions.values()} - computed:
        raise SystemExit(f"nothing was computed of {sorted(missed)}")
    missed = [f for f in definitions_flashinfer.TEMPLATES if not any(name.startswith(f + "_") for name in flashinfer.compared)]
    if missed:
        raise SystemExit(f"FlashInfer's own references were not computed for {missed}")
    version = importlib.metadata.version("flashinfer-python")
    print(f"checked: {len(flashinfer.compared)} references agree with those of FlashInfer {version}, off by at most {max(flashinfer.compared.values()):.2g}")
    print(f"checked: the references of {', '.join(sorted(computed))} compute what their formulas say, with torch {torch.__version__}")


main()
