import type { Model } from "@/lib/schemas"

const models: Model[] = [
  {
    id: "tiny",
    name: "Tiny → 𝒳",
    description: "A model with → arrows, ×2, é and 😀.",
    modules: {
      TinyForCausalLM: { count: 1, type: "block" },
      layers: { count: 4, parent: "TinyForCausalLM", type: "block", definitions: [] },
      /* → 𝒳 😀 */ qkv_proj: { count: 4, parent: "layerz", type: "layer", definitions: ["gemm_n6144_k4096"] },
      norm: { count: 4, parent: "layers", type: "layer", definitions: ["rmsnorm_h4096"] },
    },
  },
] satisfies Model[]

export default models
