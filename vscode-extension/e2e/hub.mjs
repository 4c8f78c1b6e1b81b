// The fake Hub, behind a gate that counts what is asked and can hold answers back.
import { spawn } from "node:child_process"
import { createServer, request } from "node:http"
import { mkdirSync, writeFileSync } from "node:fs"
import { createServer as createSocket } from "node:net"
import { join } from "node:path"
import { until } from "./wait.mjs"

/** What the Hub serves: numbers as the published models have them. */
const qwen3 = (hidden, intermediate, layers, heads) => ({
  architectures: ["Qwen3ForCausalLM"],
  model_type: "qwen3",
  hidden_size: hidden,
  intermediate_size: intermediate,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151936,
  max_position_embeddings: 40960,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000,
  hidden_act: "silu",
  attention_bias: false,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
})
export const repos = { "Qwen/Qwen3-14B": qwen3(5120, 17408, 40, 40), "Qwen/Qwen3-32B": qwen3(5120, 25600, 64, 64), "Qwen/Qwen3-4B": qwen3(2560, 9728, 36, 32), "Qwen/Qwen3-8B": qwen3(4096, 12288, 36, 32) }

/** A small model with its checkpoint, whose tensors are as its config says. */
const heldConfig = {
  architectures: ["LlamaForCausalLM"], model_type: "llama", num_hidden_layers: 2, hidden_size: 128, intermediate_size: 256,
  num_attention_heads: 8, num_key_value_heads: 2, head_dim: 16, vocab_size: 500, tie_word_embeddings: true,
}

function heldCheckpoint() {
  const layer = {
    "self_attn.q_proj": [128, 128], "self_attn.k_proj": [32, 128], "self_attn.v_proj": [32, 128], "self_attn.o_proj": [128, 128],
    "mlp.gate_proj": [256, 128], "mlp.up_proj": [256, 128], "mlp.down_proj": [128, 256], input_layernorm: [128], post_attention_layernorm: [128],
  }
  const shapes = { "model.embed_tokens.weight": [500, 128], "model.norm.weight": [128] }
  for (let n = 0; n < heldConfig.num_hidden_layers; n++) for (const [name, shape] of Object.entries(layer)) shapes[`model.layers.${n}.${name}.weight`] = shape
  let end = 0
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const begin = end
    end += 2 * shape.reduce((a, b) => a * b)
    return [name, { dtype: "BF16", shape, data_offsets: [begin, end] }]
  })
  const header = Buffer.from(JSON.stringify(Object.fromEntries(tensors)))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.alloc(end)])
}

export const freePort = () =>
  new Promise((resolve, reject) => {
    const socket = createSocket()
    socket.once("error", reject)
    socket.listen(0, "127.0.0.1", () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })

export async function startHub(directory, program) {
  for (const [id, config] of Object.entries(repos)) {
    mkdirSync(join(directory, id), { recursive: true })
    writeFileSync(join(directory, id, "config.json"), JSON.stringify(config, null, 2))
  }
  const small = join(directory, "acme/held-llm")
  mkdirSync(small, { recursive: true })
  writeFileSync(join(small, "config.json"), JSON.stringify(heldConfig))
  writeFileSync(join(small, "model.safetensors"), heldCheckpoint())
  const port = await freePort()
  const hub = spawn(program, ["-addr", `127.0.0.1:${port}`, "-dir", directory], { stdio: ["ignore", "pipe", "ignore"] })
  let said = ""
  hub.stdout.on("data", (data) => (said += data))
  await until("the fake Hub", () => said.includes("HF_ENDPOINT"))

  const state = { asked: [], hold: false }
  const held = []
  const gate = createServer((req, res) => {
    state.asked.push(`${req.method} ${req.url}`)
    const go = () => {
      const onward = request({ host: "127.0.0.1", port, method: req.method, path: req.url, headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode, answer.headers)
        answer.pipe(res)
      })
      onward.on("error", () => res.destroy())
      req.pipe(onward)
    }
    if (state.hold) held.push(res)
    else go()
  })
  await new Promise((resolve) => gate.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${gate.address().port}`,
    /** The requests so far. */
    asked: state.asked,
    /** From now on requests are held without an answer. */
    hold: () => (state.hold = true),
    release: () => {
      state.hold = false
      for (const res of held.splice(0)) res.destroy()
    },
    stop: () => {
      gate.closeAllConnections()
      gate.close()
      hub.kill("SIGINT")
    },
  }
}
