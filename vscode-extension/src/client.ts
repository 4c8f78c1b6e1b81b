import * as vscode from "vscode"
import {
  type Executable,
  type ExecuteCommandParams,
  LanguageClient,
  type LanguageClientOptions,
  CloseAction,
  ErrorAction,
  ExecuteCommandRequest,
  type Middleware,
  RevealOutputChannelOn,
  type StaticFeature,
  State,
  WorkDoneProgressCancelNotification,
} from "vscode-languageclient/node"
import { type Binary, findBinary } from "./binary"
import { serverEnvironment, serverSettings, versionSkew } from "./environment"
import {
  type AddArguments,
  type Discovered,
  type ExplainedRule,
  type Found,
  type InputParams,
  type JobDone,
  type Outcome,
  type Refusal,
  type Repo,
  type ShownModel,
  type Verified,
  inputRequest,
  jobDoneNotification,
  modulesRequest,
  refusalRequest,
  serverCommand,
  verifiedNotification,
} from "./protocol"
import { JobProgress, jobTokenPrefix } from "./progress"
import { Restarts } from "./restarts"
import type { Server } from "./server"
import { followLog } from "./serverLog"
import { withRuleDocument } from "./texts"

/** What the rest of the extension does for the client. */
export interface Hooks {
  /** A code action asks for a model that is still to be chosen. */
  chooseModel(arguments_: AddArguments): void
  /** A code action asks for a model, or for an entry to be refreshed. */
  add(arguments_: AddArguments): void
  /** A job ended that nobody waits for. */
  jobDone(done: JobDone): void
  verified(end: Verified): void
  /** A lens opens its model: here, as a drawing. */
  showEntry(of: unknown): void
  showReport(path: string): Promise<boolean>
  status(state: "starting" | "running" | "stopped" | "failed", detail: string): void
}

/** The one language client of a window. It starts when it is first needed. */
export class Client implements Server, vscode.Disposable {
  private client: LanguageClient | undefined
  private starting: Promise<LanguageClient> | undefined
  private binary: Binary | undefined
  private readonly restarts = new Restarts()
  private readonly waiting = new Map<string, (done: JobDone) => void>()
  /** Ends of jobs whose starting has not been answered yet. */
  private readonly ended = new Map<string, JobDone>()
  private pending = 0
  private readonly progress = new JobProgress((token) => void this.client?.sendNotification(WorkDoneProgressCancelNotification.type, { token }))

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
    private readonly hooks: Hooks,
  ) {}

  get version(): string {
    return (this.context.extension.packageJSON as { version: string }).version
  }

  get selector(): { scheme: string; language: string; pattern: string }[] {
    const patterns = new Set([undefined, ...(vscode.workspace.workspaceFolders ?? [])].map((scope) => vscode.workspace.getConfiguration("fibLs", scope).get<string>("modelsFile", "**/apps/web/data/models.ts")))
    return [...patterns].map((pattern) => ({ scheme: "file", language: "typescript", pattern }))
  }

  isModelsFile(document: { uri: vscode.Uri; languageId: string }): boolean {
    return vscode.languages.match(this.selector, document as vscode.TextDocument) > 0
  }

  /** Gives the running client, starting it when need be. */
  async running(): Promise<LanguageClient> {
    if (this.client?.state === State.Running) return this.client
    this.starting ??= this.start().finally(() => (this.starting = undefined))
    return this.starting
  }

  private async start(): Promise<LanguageClient> {
    this.hooks.status("starting", "")
    try {
      const trusted = vscode.workspace.isTrusted
      const settings = vscode.workspace.getConfiguration("fibLs")
      this.binary = await findBinary({
        setting: settings.inspect<string | null>("server.path")?.globalValue,
        extensionPath: this.context.extensionPath,
        search: process.env["PATH"],
        trusted,
        windows: process.platform === "win32",
      })
      this.output.info(`server: ${this.binary.path} (from ${this.binary.from})${trusted ? "" : ", restricted mode: no network"}`)
      await this.dispose()
      const client = new LanguageClient("fibLs", "fib-ls", await this.executable(trusted), this.options(trusted))
      client.registerFeature(ourCapabilities)
      client.onNotification(jobDoneNotification, (done: JobDone) => { this.jobEnded(done) })
      client.onNotification(verifiedNotification, (end: Verified) => { this.hooks.verified(end) })
      client.onRequest(inputRequest, async (p: InputParams) => (await vscode.window.showInputBox({ title: p.title, prompt: p.prompt, value: p.value, ignoreFocusOut: true })) ?? null)
      client.onDidChangeState(({ newState }) => { this.changed(client, newState) })
      this.client = client
      await client.start()
      return client
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.output.error(message)
      this.hooks.status("failed", message)
      throw error
    }
  }

  private async executable(trusted: boolean): Promise<Executable> {
    const settings = vscode.workspace.getConfiguration()
    const env = serverEnvironment({
      process: process.env,
      extra: settings.inspect("fibLs.server.extraEnv")?.globalValue,
      proxy: settings.inspect("http.proxy")?.globalValue,
      trusted,
    })
    // Never the workspace's folder: what lies there must not be found by chance.
    await vscode.workspace.fs.createDirectory(this.context.globalStorageUri)
    return { command: this.binary?.path ?? "", args: ["serve"], options: { env, cwd: this.context.globalStorageUri.fsPath } }
  }

  private options(trusted: boolean): LanguageClientOptions {
    const settings = serverSettings(vscode.workspace.getConfiguration().get("fibLs"), trusted)
    return {
      documentSelector: this.selector,
      initializationOptions: { fibLs: settings, besideTypeScript: true },
      outputChannel: this.output,
      stdioOptions: {
        // Standard output is the protocol's.
        stdout: () => undefined,
        stderr: (input, output) => { followLog(input, output) },
      },
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.closed(),
      },
      middleware: this.middleware(trusted),
    }
  }

  private middleware(trusted: boolean): Middleware {
    return {
      handleDiagnostics: (uri, diagnostics, next) => { next(uri, diagnostics.map(withRuleDocument)) },
      provideDiagnostics: async (document, previous, token, next) => {
        const report = await next(document, previous, token)
        if (report && "items" in report) report.items.forEach(withRuleDocument)
        return report
      },
      workspace: {
        configuration: async (params, token, next) => {
          const values = await next(params, token)
          return Array.isArray(values) ? values.map((v: unknown) => serverSettings(v, trusted)) : values
        },
      },
      window: {
        showDocument: async (params, token, next) => {
          const uri = vscode.Uri.parse(params.uri)
          if (uri.scheme === "file" && uri.path.endsWith(".md")) return { success: await this.hooks.showReport(uri.fsPath) }
          return next(params, token)
        },
      },
      // Where one provider refuses, VS Code asks the next: TypeScript's would rename a module's key alone and leave its
      // parents behind. A refusal is shown, and the empty edit says that this is the whole answer.
      provideRenameEdits: async (document, position, newName, token, next) => {
        try {
          return await next(document, position, newName, token)
        } catch (error) {
          if (error instanceof vscode.CancellationError) throw error
          void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error))
          return new vscode.WorkspaceEdit()
        }
      },
      handleWorkDoneProgress: (token, step, next) => {
        const job = typeof token === "string" && token.startsWith(jobTokenPrefix)
        if (job) this.progress.follow(token, step)
        if (!job || step.kind === "end") next(token, step)
      },
      executeCommand: (command, arguments_, next) => this.execute(command, arguments_, next),
    }
  }

  /** Code actions and other extensions run the server's commands: those get the same care as the palette's. */
  private execute(command: string, arguments_: unknown[], next: (command: string, arguments_: unknown[]) => unknown): unknown {
    const first = arguments_[0]
    if (command === serverCommand.showEntry) {
      this.hooks.showEntry(first)
      return undefined
    }
    const given: AddArguments = typeof first === "string" ? { repoId: first } : ((first as AddArguments | undefined) ?? {})
    if (command !== serverCommand.addModel || given.wait === true || given.preview === true) return next(command, arguments_)
    if (given.repoId === undefined || given.repoId === "") this.hooks.chooseModel(given)
    else this.hooks.add(given)
    return undefined
  }

  private closed(): { action: CloseAction; message?: string; handled: boolean } {
    this.loseJobs()
    if (this.restarts.allow()) {
      this.output.warn("the server ended; starting it again")
      return { action: CloseAction.Restart, handled: true }
    }
    const message = "fib-ls ended five times in three minutes and is not started again."
    this.output.error(message)
    this.hooks.status("failed", message)
    void vscode.window.showErrorMessage(message, "Restart Server", "Show Output").then((chosen) => {
      if (chosen === "Restart Server") void vscode.commands.executeCommand("fibLs.restartServer")
      if (chosen === "Show Output") this.output.show()
    })
    return { action: CloseAction.DoNotRestart, handled: true }
  }

  private changed(client: LanguageClient, state: State): void {
    if (client !== this.client) return
    if (state === State.Running) {
      const version = client.initializeResult?.serverInfo?.version
      const skew = versionSkew(this.version, version)
      if (skew !== undefined) this.output.warn(skew)
      this.hooks.status("running", skew ?? `fib-ls ${version ?? ""}`)
    } else if (state === State.Starting) this.hooks.status("starting", "")
    else this.hooks.status("stopped", "")
  }

  async restart(): Promise<void> {
    this.restarts.reset()
    await this.dispose()
    await this.running()
  }

  async dispose(): Promise<void> {
    const old = this.client
    this.client = undefined
    this.loseJobs()
    await old?.dispose().catch(() => undefined) // it may never have started
  }

  private async command<T>(command: string, arguments_: unknown[], token?: vscode.CancellationToken): Promise<T> {
    const client = await this.running()
    const params: ExecuteCommandParams = { command, arguments: arguments_ as NonNullable<ExecuteCommandParams["arguments"]> }
    return (await client.sendRequest(ExecuteCommandRequest.type, params, token)) as T
  }

  listRepos(arguments_: { repoId?: string; uri?: string }): Promise<Repo[]> {
    return this.command<Repo[]>(serverCommand.listRepos, [{ ...arguments_, describe: true }])
  }

  findRepos(arguments_: { prefix: string; uri?: string }): Promise<Found> {
    return this.command<Found>(serverCommand.listRepos, [{ ...arguments_, online: true, describe: true }])
  }

  async refusal(arguments_: { uri?: string; repoId?: string; update?: boolean }): Promise<Refusal | undefined> {
    return (await (await this.running()).sendRequest<Refusal | null>(refusalRequest, arguments_)) ?? undefined
  }

  async addModel(arguments_: AddArguments): Promise<JobDone> {
    this.pending++
    try {
      const { jobId } = await this.command<{ jobId: string }>(serverCommand.addModel, [arguments_])
      const done = this.ended.get(jobId)
      if (done) return done
      return await new Promise<JobDone>((resolve) => this.waiting.set(jobId, resolve))
    } finally {
      if (--this.pending === 0) this.ended.clear()
    }
  }

  async addQuietly(arguments_: AddArguments, token: vscode.CancellationToken, step: (message: string) => void): Promise<Outcome> {
    this.progress.redirect = step
    try {
      return await this.command<Outcome>(serverCommand.addModel, [{ ...arguments_, wait: true }], token)
    } finally {
      this.progress.redirect = undefined
    }
  }

  async preview(arguments_: AddArguments): Promise<Outcome> {
    return this.command<Outcome>(serverCommand.addModel, [{ ...arguments_, preview: true }])
  }

  async verify(arguments_: { modelId: string; uri: string }): Promise<void> {
    await this.command(serverCommand.verify, [arguments_])
  }

  plan(arguments_: { repoId: string; uri?: string }, token: vscode.CancellationToken): Promise<{ text: string }> {
    return this.command(serverCommand.plan, [arguments_], token)
  }

  discover(arguments_: { uri?: string }, token: vscode.CancellationToken): Promise<Discovered> {
    return this.command(serverCommand.discover, [arguments_], token)
  }

  explainRule(rule: string): Promise<ExplainedRule> {
    return this.command(serverCommand.explainRule, [{ rule }])
  }

  private jobEnded(done: JobDone): void {
    const resolve = this.waiting.get(done.jobId)
    this.waiting.delete(done.jobId)
    if (resolve) resolve(done)
    else if (this.pending > 0) this.ended.set(done.jobId, done)
    else this.hooks.jobDone(done)
  }

  /** Jobs end with their server. */
  private loseJobs(): void {
    this.progress.clear()
    for (const [jobId, resolve] of this.waiting) {
      resolve({ jobId, repoId: "", state: "failed", message: "The server ended before the model was added; models.ts is as it was.", modules: 0, definitions: 0, findings: 0, openReport: false })
    }
    this.waiting.clear()
  }

  async modules(uri: vscode.Uri): Promise<ShownModel[]> {
    const client = await this.running()
    return (await client.sendRequest<ShownModel[] | null>(modulesRequest, { textDocument: { uri: client.code2ProtocolConverter.asUri(uri) } })) ?? []
  }

  describe(): Record<string, string> {
    return {
      server: this.client?.initializeResult?.serverInfo?.version ?? "not running",
      binary: this.binary ? `${this.binary.path} (from ${this.binary.from})` : "none",
      "models files": this.selector.map((f) => f.pattern).join(", "),
    }
  }
}

/** Tells the server what this extension can do beyond the protocol. */
const ourCapabilities: StaticFeature = {
  fillClientCapabilities(capabilities) {
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), fibLs: { input: true, jobs: true, verified: true } }
  },
  initialize() {
    // Nothing to register.
  },
  getState: () => ({ kind: "static" }),
  clear() {
    // Nothing to take back.
  },
}
