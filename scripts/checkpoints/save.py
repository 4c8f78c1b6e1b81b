"""Saves a tiny checkpoint of every decoder class of `transformers`, with random
weights, as save_pretrained writes it: a directory per class, with config.json
and model.safetensors.

    save.py OUT_DIR [--only MODEL_TYPE,...] [--shard I/N] [--seconds S]

The sizes are unlike each other on purpose (no two products agree), so that a
matrix is known by its shape. A class that cannot be built small is named with
the reason in OUT_DIR/skipped-I.txt. What S seconds do not suffice for is left to
the next run, which goes on where this one ended; it then exits 4.
"""

import argparse
import collections
import json
import os
import shutil
import signal
import sys
import time
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import torch  # noqa: E402
import transformers  # noqa: E402
from transformers.models.auto import configuration_auto, modeling_auto  # noqa: E402

torch.set_num_threads(1)

# The sizes to ask for, by the names that configurations use.
SMALL = {
    "num_hidden_layers": 4, "hidden_size": 96, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 20,
    "intermediate_size": 208, "vocab_size": 1016, "max_position_embeddings": 256, "sliding_window": 64,
    "moe_intermediate_size": 56, "num_experts": 6, "num_local_experts": 6, "n_routed_experts": 6, "num_experts_per_tok": 2,
    "moe_num_experts": 6, "moe_k": 2, "moe_topk": 2, "shared_expert_intermediate_size": 72, "n_shared_experts": 2,
    "num_shared_experts": 2, "moe_num_shared_experts": 2, "shared_intermediate_size": 72, "first_k_dense_replace": 1, "num_dense_layers": 1,
    "kv_lora_rank": 40, "q_lora_rank": 64, "qk_nope_head_dim": 24, "qk_rope_head_dim": 8, "v_head_dim": 20, "n_group": 2, "topk_group": 1,
    "index_n_heads": 4, "index_head_dim": 16, "index_topk": 8,
    "linear_num_value_heads": 4, "linear_num_key_heads": 2, "linear_key_head_dim": 16, "linear_value_head_dim": 16,
    "ffn_dim": 208, "word_embed_proj_dim": 96, "expert_ffn_hidden_size": 56, "ffn_hidden_size": 208, "lru_width": 96,
    "zero_expert_num": 0, "hidden_size_per_layer_input": 16, "vocab_size_per_layer_input": 1016,
}
# What to leave at its default, in this order, when a class refuses a size.
GIVE_UP = [
    ["head_dim"], ["num_key_value_heads"], ["n_group", "topk_group"], ["linear_num_value_heads", "linear_num_key_heads", "linear_key_head_dim", "linear_value_head_dim"],
    ["num_hidden_layers"], ["q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"],
    ["num_attention_heads", "hidden_size"], ["intermediate_size"], ["max_position_embeddings"],
]
MOST_PARAMETERS = 30_000_000
SECONDS = 90  # for one class
UNFINISHED = 4


class Slow(Exception):
    pass


def alarm(*_):
    raise Slow("it takes too long")


signal.signal(signal.SIGALRM, alarm)


def decoder_classes():
    """model_type -> class name, of every class that transformers registers as a causal LM."""
    names = collections.OrderedDict()
    for model_type, cls in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.items():
        for name in cls if isinstance(cls, (tuple, list)) else [cls]:
            names[(model_type, name)] = True
    return list(names)


def text_part(config):
    """The name of the nested configuration of the language model; None when it is the config itself."""
    try:
        text = config.get_text_config(decoder=True)
    except Exception:
        return None, config
    for key, value in vars(config).items():
        if value is text and value is not config:
            return key, text
    return None, config


def sizes(text):
    fields, spelt = text.to_dict(), getattr(type(text), "attribute_map", {}) or {}
    asked = {}
    for name, value in SMALL.items():
        key = spelt.get(name, name)
        old = fields.get(key)
        if key in fields and (old is None and name in ("head_dim", "num_key_value_heads") or isinstance(old, int) and not isinstance(old, bool)):
            asked[key] = value
    vocabulary = asked.get(spelt.get("vocab_size", "vocab_size"))
    for key, value in fields.items():
        # special tokens must stand inside of the vocabulary
        if key.endswith("token_id") and isinstance(value, int) and vocabulary and value >= vocabulary:
            asked[key] = 3
        if key.endswith("token_id") and isinstance(value, list) and vocabulary:
            asked[key] = [min(v, 3) for v in value]
    return asked, spelt


def attempts(text):
    asked, spelt = sizes(text)
    yield asked
    for group in GIVE_UP:
        yield {k: v for k, v in asked.items() if k not in [spelt.get(g, g) for g in group]}
    left = dict(asked)
    for group in GIVE_UP:
        left = {k: v for k, v in left.items() if k not in [spelt.get(g, g) for g in group]}
        yield left


def build(model_type, name, directory):
    cls = getattr(transformers, name)
    config_class = configuration_auto.CONFIG_MAPPING[model_type]
    part, text = text_part(config_class())
    why = "nothing was tried"
    for asked in attempts(text):
        try:
            config = config_class(**({part: {"model_type": text.model_type, **asked}} if part else asked))
            with torch.device("meta"):
                parameters = sum(p.numel() for p in cls._from_config(config).parameters())
            if parameters > MOST_PARAMETERS:
                raise ValueError(f"it has {parameters} parameters")
            torch.manual_seed(0)
            cls._from_config(config).save_pretrained(directory)
            return None
        except Slow:
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}"
            shutil.rmtree(directory, ignore_errors=True)
    return why


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out")
    arguments.add_argument("--only", default="")
    arguments.add_argument("--shard", default="0/1")
    arguments.add_argument("--seconds", type=int, default=24 * 3600)
    options = arguments.parse_args()
    shard, shards = map(int, options.shard.split("/"))
    only = set(filter(None, options.only.split(",")))
    os.makedirs(options.out, exist_ok=True)
    saved, skipped, left, end = 0, [], 0, time.monotonic() + options.seconds
    for i, (model_type, name) in enumerate(decoder_classes()):
        if i % shards != shard or only and model_type not in only:
            continue
        directory = os.path.join(options.out, f"{model_type}--{name}")
        if os.path.exists(os.path.join(directory, "config.json")):
            saved += 1
            continue
        seconds = min(SECONDS, int(end - time.monotonic()))
        if seconds < 1:
            left += 1
            continue
        try:
            signal.alarm(seconds)
            why = build(model_type, name, directory)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            shutil.rmtree(directory, ignore_errors=True)
            if isinstance(error, Slow) and seconds < SECONDS:
                left += 1
                continue
        finally:
            signal.alarm(0)
        if why:
            skipped.append(f"{model_type} {name}: {why}")
        else:
            saved += 1
            for extra in os.listdir(directory):
                if extra == "generation_config.json":
                    os.remove(os.path.join(directory, extra))
    with open(os.path.join(options.out, f"skipped-{shard}.txt"), "w") as f:
        f.write("\n".join(skipped) + "\n")
    print(json.dumps({"saved": saved, "skipped": len(skipped), "left": left, "transformers": transformers.__version__}), file=sys.stderr)
    return UNFINISHED if left else 0


if __name__ == "__main__":
    sys.exit(main())
