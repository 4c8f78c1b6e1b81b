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
