/** Add Model from HuggingFace: which repository, which id, which parallelism. */
import * as vscode from "vscode"
import type { Outcomes } from "./outcomes"
import type { AddArguments, Repo } from "./protocol"
import { type Parallelism, modelIdProblem, parallelismChoices, parseParallelism, repoFromText, showParallelism, suggestModelId } from "./repos"
import type { Server } from "./server"
import { type PickItem, type Step, input, pick } from "./wizard"

const title = "Add Model from HuggingFace"

const origins: Record<string, string> = {
  recent: "used lately",
  cache: "in the HuggingFace cache",
  catalogue: "ships with fib-ls",
  "models.ts": "in models.ts",
}

/** The items of the first step: what is typed, the clipboard, what the server knows. */
export function repoItems(typed: string, clipboard: string | undefined, known: Repo[]): PickItem<string>[] {
  const items: PickItem<string>[] = []
  const own = repoFromText(typed)
  if (own !== undefined) items.push({ label: `$(add) ${own}`, description: "as typed", value: own, alwaysShow: true })
  if (clipboard !== undefined && clipboard !== own) items.push({ label: `$(clippy) ${clipboard}`, description: "from the clipboard", value: clipboard })
  for (const r of known) {
    if (r.id === own || r.id === clipboard) continue
    items.push({ label: r.id, description: [origins[r.from] ?? r.from, r.class ?? ""].filter((s) => s !== "").join(" · "), value: r.id })
  }
  return items
}

export class AddModel {
  constructor(
    private readonly server: Server,
    private readonly outcomes: Outcomes,
  ) {}

  /** Asks what is not given yet, and adds the model. */
  async run(given: AddArguments = {}): Promise<void> {
    const arguments_ = await this.ask(given)
    if (!arguments_) return
    await this.outcomes.show(await this.server.addModel(arguments_), arguments_)
  }

  private async ask(given: AddArguments): Promise<AddArguments | undefined> {
    const uri = given.uri ?? this.activeModelsFile()
    let repoId = given.repoId ?? ""
    let row: Repo | undefined
    let modelName = given.modelName ?? ""
    const taken = this.takenIds(uri)
    for (let step = repoId === "" ? 1 : 2; ; ) {
      if (step === 1) {
        const chosen = await this.askRepo()
        if (!chosen || chosen === "back") return undefined
        if (chosen.value !== repoId) modelName = ""
        repoId = chosen.value
        step = 2
      } else if (step === 2) {
        row = await this.describe(repoId)
        const chosen = await this.askId(repoId, modelName || (row.modelId ?? suggestModelId(repoId)), await taken)
        if (!chosen) return undefined
        step = chosen === "back" ? 1 : 3
        if (chosen !== "back") modelName = chosen.value
      } else {
        const chosen = await this.askParallelism(row)
        if (!chosen) return undefined
        if (chosen === "back") {
          step = 2
          continue
        }
        const update = given.update === true || (await taken).has(modelName)
        return { ...given, repoId, modelName, ...(uri === undefined ? {} : { uri }), ...(update ? { update } : {}), ...chosen.value.given }
      }
    }
  }

  private activeModelsFile(): string | undefined {
    const document = vscode.window.activeTextEditor?.document
    return document && this.server.isModelsFile(document) ? document.uri.toString() : undefined
  }

  private async askRepo(): Promise<Step<string>> {
    let clipboard: string | undefined
    let known: Repo[] = []
    return pick<string>({
      frame: { title, step: 1, totalSteps: 3 },
      placeholder: "ORG/NAME or an address on huggingface.co, for example Qwen/Qwen3-32B",
      items: (typed) => repoItems(typed, clipboard, known),
      typed: repoFromText,
      load: async () => {
        clipboard = repoFromText(await vscode.env.clipboard.readText())
        known = await this.server.listRepos({})
      },
    })
  }

  private askId(repoId: string, proposal: string, taken: Set<string>): Promise<Step<string>> {
    return input({
      frame: { title: `${title}: ${repoId}`, step: 2, totalSteps: 3 },
      prompt: "The entry's id in models.ts",
      value: proposal,
      problem: (id) =>
        modelIdProblem(id) ??
        (taken.has(id) ? { message: `models.ts has ${id} already: Enter refreshes that entry.`, severity: vscode.InputBoxValidationSeverity.Warning } : undefined),
    })
  }

  private askParallelism(row: Repo | undefined): Promise<Step<{ given: Partial<Parallelism> }>> {
    const recommended = row?.tp === undefined ? undefined : { tp: row.tp, ep: row.ep ?? 1 }
    const choices = parallelismChoices(recommended).map((c): PickItem<{ given: Partial<Parallelism> }> => ({
      label: c.label,
      description: c.from === "" ? "" : `· ${c.from}`,
      value: { given: c.value ?? {} },
    }))
    return pick({
      frame: { title: `${title}: ${row?.id ?? ""}`, step: 3, totalSteps: 3 },
      placeholder: "Parallelism that attention and MoE Definitions are named for; type another as TP,EP",
      items: (typed) => {
        const own = parseParallelism(typed)
        return own ? [{ label: showParallelism(own), description: "as typed", value: { given: own }, alwaysShow: true }, ...choices] : choices
      },
      typed: (text) => {
        const own = parseParallelism(text)
        return own && { given: own }
      },
    })
  }

  private async describe(repoId: string): Promise<Repo> {
    const rows = await this.server.listRepos({ repoId }).catch(() => [])
    return rows[0] ?? { id: repoId, from: "asked" }
  }

  private async takenIds(uri: string | undefined): Promise<Set<string>> {
    if (uri === undefined) return new Set()
    const models = await this.server.modules(vscode.Uri.parse(uri)).catch(() => [])
    return new Set(models.map((m) => m.id))
  }
}
