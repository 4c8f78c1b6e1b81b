/** Add Model from HuggingFace: which repository, which id, which parallelism. */
import * as vscode from "vscode"
import type { Outcomes } from "./outcomes"
import type { Previews } from "./preview"
import type { AddArguments, Found, Repo } from "./protocol"
import { type Parallelism, modelIdProblem, parallelismChoices, parseParallelism, repoFromText, showParallelism, suggestModelId } from "./repos"
import type { Server } from "./server"
import { type PickItem, type Step, input, pick } from "./wizard"

const title = "Add Model from HuggingFace"

const origins: Record<string, string> = {
  recent: "used lately",
  cache: "in the HuggingFace cache",
  catalogue: "ships with fib-ls",
  "models.ts": "named in models.ts",
  hub: "on the Hub",
}

const compact = new Intl.NumberFormat("en", { notation: "compact" })

/** The items of the first step: what is typed, the clipboard, what the server knows and found; the note says why there is no more. */
export function repoItems(typed: string, clipboard: string | undefined, { repos, note }: Found): PickItem<string>[] {
  const items: PickItem<string>[] = []
  const marked = new Map(repos.map((r) => [r.id, r]))
  const about = (id: string, first: string) => [first, known(marked.get(id))].filter((s) => s !== "").join(" · ")
  const own = repoFromText(typed)
  if (own !== undefined) items.push({ label: `$(add) ${own}`, description: about(own, "as typed"), value: own, alwaysShow: true })
  if (clipboard !== undefined && clipboard !== own) items.push({ label: `$(clippy) ${clipboard}`, description: about(clipboard, "from the clipboard"), value: clipboard })
  for (const r of repos) {
    if (r.id === own || r.id === clipboard) continue
    // The server has matched it already, by words that need not be one piece.
    items.push({ label: r.id, description: about(r.id, origins[r.from] ?? r.from), value: r.id, alwaysShow: true })
  }
  if (repos.length === 0 && note !== undefined && note !== "") items.push({ label: `$(info) ${note}`, alwaysShow: true })
  return items
}

/** What is known of a repository: its entry, its class, how much it is used. */
function known(r: Repo | undefined): string {
  const parts = [r?.entry === undefined ? "" : `in models.ts as ${r.entry}`, r?.class ?? "", r?.downloads === undefined ? "" : `${compact.format(r.downloads)} downloads`]
  return parts.filter((s) => s !== "").join(" · ")
}

export class AddModel {
  /** What the last search gave. */
  private found: Found = { repos: [] }

  constructor(
    private readonly server: Server,
    private readonly previews: Pick<Previews, "add">,
    private readonly outcomes: Pick<Outcomes, "refuse">,
  ) {}

  /** Asks what is not given yet, and adds the model. */
  async run(given: AddArguments = {}): Promise<void> {
    const arguments_ = await this.ask(given)
    if (!arguments_) return
    await this.previews.add(arguments_)
  }

  private async ask(given: AddArguments): Promise<AddArguments | undefined> {
    const uri = given.uri ?? this.activeModelsFile()
    const where = { ...(uri === undefined ? {} : { uri }), ...(given.update === undefined ? {} : { update: given.update }) }
    if (await this.refused(where)) return undefined
    let repoId = given.repoId ?? ""
    let row: Repo | undefined
    let modelName = given.modelName ?? ""
    const taken = this.takenIds(uri)
    for (let step = repoId === "" ? 1 : 2; ; ) {
      if (step === 1) {
        const chosen = await this.askRepo(title, 3, uri)
        if (chosen === undefined) return undefined
        if (chosen !== repoId) modelName = this.found.repos.find((r) => r.id === chosen)?.entry ?? ""
        repoId = chosen
        step = 2
      } else if (step === 2) {
        if (await this.refused({ ...where, repoId })) return undefined
        row = await this.describe(repoId)
        if (given.update === true && given.modelName !== undefined) {
          step = 3 // the entry is named: its id is not a question
          continue
        }
        const chosen = await this.askId(repoId, modelName || (row.modelId ?? suggestModelId(repoId)), await taken)
        if (!chosen) return undefined
        step = chosen === "back" ? 1 : 3
        if (chosen !== "back") modelName = chosen.value
      } else {
        const chosen = await this.askParallelism(row)
        if (!chosen) return undefined
        if (chosen === "back") {
          if (given.update === true && given.modelName !== undefined) return undefined
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

  /** Shows what is certain to fail, and says whether there is such a thing. */
  private async refused(of: { uri?: string; repoId?: string; update?: boolean }): Promise<boolean> {
    const refusal = await this.server.refusal(of)
    if (refusal) this.outcomes.refuse(refusal, of.repoId ?? "")
    return refusal !== undefined
  }

  /** Asks for a repository. */
  async askRepo(of: string, totalSteps: number, uri?: string): Promise<string | undefined> {
    let clipboard: string | undefined
    this.found = { repos: [] }
    const step = await pick<string>({
      frame: { title: of, step: 1, totalSteps },
      placeholder: "ORG/NAME, an address on huggingface.co, or words to search the Hub for",
      items: (typed) => repoItems(typed, clipboard, this.found),
      typed: repoFromText,
      follow: true,
      load: async (typed) => {
        clipboard ??= repoFromText(await vscode.env.clipboard.readText())
        this.found = await this.server.findRepos({ prefix: typed, ...(uri === undefined ? {} : { uri }) })
          .catch((error: unknown) => ({ repos: [], note: `There is no list: ${error instanceof Error ? error.message : String(error)}` }))
      },
    })
    return typeof step === "object" ? step.value : undefined
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
