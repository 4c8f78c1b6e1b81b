/** Repository ids, model ids and parallelism as users type them. */

const repoPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/

/** Reads ORG/NAME, or the Hub's address of it, with the quotes that a selection brings along. */
export function repoFromText(text: string): string | undefined {
  let s = text.trim().replace(/^["'`]+|["'`,;]+$/g, "")
  if (s.length > 500) return undefined
  const address = /^(?:https?:\/\/)?(?:[\w.-]+\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)\/([^/\s]+\/[^/\s?#]+)/.exec(s)
  if (address?.[1] !== undefined) s = address[1]
  else if (s.includes("://")) return undefined
  if (!repoPattern.test(s) || s.includes("--") || s.includes("..") || /[.-]$|\.git$/.test(s)) return undefined
  return s
}

/** Splits a list of repositories: lines, blanks or commas between them, `#` begins a comment. */
export function reposFromList(text: string): { repos: { repoId: string; modelName?: string }[]; wrong: string[] } {
  const repos: { repoId: string; modelName?: string }[] = []
  const wrong: string[] = []
  const words = text
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/[\s,;]+/))
    .filter((word) => word !== "" && word !== "-")
  for (const word of words) {
    // NAME:ORG/REPO names the entry, too.
    const named = /^([a-z0-9][a-z0-9.-]*):(?!\/\/)(.+)$/.exec(word)
    const repoId = repoFromText(named?.[2] ?? word)
    if (repoId === undefined) wrong.push(word)
    else if (!repos.some((r) => r.repoId === repoId)) repos.push(named?.[1] === undefined ? { repoId } : { repoId, modelName: named[1] })
  }
  return { repos, wrong }
}

/** Says what is wrong with a model id; undefined: nothing is. */
export function modelIdProblem(id: string): string | undefined {
  if (id === "") return "Give the entry an id, for example llama-3.3-70b."
  if (id.length > 96) return `At most 96 characters; this has ${id.length}.`
  if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(id) || id.includes(".."))
    return 'Only lowercase letters, digits, "." and "-", beginning and ending with a letter or digit.'
  return undefined
}

/** The id that the server would give, for the time until it answers. */
export function suggestModelId(repoId: string): string {
  const name = repoId.slice(repoId.lastIndexOf("/") + 1).toLowerCase()
  return name.replace(/[^a-z0-9.]+/g, "-").replace(/\.{2,}/g, ".").replace(/^[-.]+/, "").slice(0, 96).replace(/[-.]+$/, "") || "model"
}

export interface Parallelism {
  tp: number
  ep: number
}

/** Reads "8", "8,2", "tp=8 ep=2" or "TP 8 / EP 2". */
export function parseParallelism(text: string): Parallelism | undefined {
  const s = text.trim().toLowerCase()
  const bare = /^(\d+)(?:\s*[,x/ ]\s*(\d+))?$/.exec(s)
  const named = /^tp\s*[= ]?\s*(\d+)(?:[\s,/]+ep\s*[= ]?\s*(\d+))?$/.exec(s)
  const found = bare ?? named
  if (!found) return undefined
  const tp = Number(found[1])
  const ep = found[2] === undefined ? 1 : Number(found[2])
  return [tp, ep].every((n) => n >= 1 && n <= 4096) ? { tp, ep } : undefined
}

export const showParallelism = (p: Parallelism): string => `TP=${p.tp}, EP=${p.ep}`

/** The choices of the last step: what is recommended first, then the usual ones. */
export function parallelismChoices(recommended: Parallelism | undefined): { label: string; from: string; value: Parallelism | undefined }[] {
  const first = recommended
    ? { label: showParallelism(recommended), from: "sgl-cookbook", value: undefined }
    : { label: showParallelism({ tp: 1, ep: 1 }), from: "default", value: undefined }
  const usual = [1, 2, 4, 8].map((tp) => ({ tp, ep: 1 })).concat({ tp: 8, ep: 8 })
  return [first, ...usual.map((p) => ({ label: showParallelism(p), from: "", value: p })).filter((c) => c.label !== first.label)]
}
