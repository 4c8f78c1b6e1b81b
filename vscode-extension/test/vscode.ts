/** As much of the editor as the unit tests need. What a test looks at, it finds in `calls`. */
export const calls: unknown[][] = []
export const state = { settings: {} as Record<string, unknown>, trusted: true, answers: [] as unknown[], text: "", tabsChanged: ((): void => undefined) as (change: { closed: unknown[] }) => void }
const called = (...call: unknown[]) => { calls.push(call) }

export class Uri {
  constructor(readonly path: string, readonly scheme = "file") {}
  static parse = (text: string) => new Uri(text.replace(/^file:\/\//, ""))
  static file = (path: string) => new Uri(path)
  static from = ({ scheme, path }: { scheme: string; path: string }) => new Uri(path, scheme)
  get fsPath(): string { return this.path }
  toString(): string { return `${this.scheme}://${this.path}` }
}
export class Position {
  constructor(readonly line: number, readonly character: number) {}
}
export class Range {
  constructor(readonly startLine: number, readonly startCharacter: number, readonly endLine: number, readonly endCharacter: number) {}
}
export class Selection extends Range {}
export class TabInputTextDiff {
  constructor(readonly original: Uri, readonly modified: Uri) {}
}
export class TreeItem {
  constructor(readonly label: string, readonly collapsibleState = 0) {}
}
export class ThemeIcon {
  constructor(readonly id: string) {}
}
export const TreeItemCollapsibleState = { Expanded: 2 }
export const Disposable = { from: () => ({ dispose: () => undefined }) }
export const ViewColumn = { One: 1, Beside: -2 }
export const TextEditorRevealType = { AtTop: 3 }
export const InputBoxValidationSeverity = { Info: 1, Warning: 2, Error: 3 }
export const ProgressLocation = { Window: 10, Notification: 15 }
export const QuickInputButtons = { Back: "back" }
export const version = "1.100.0"
export const env = { appName: "Fake", appHost: "desktop", remoteName: undefined, clipboard: { readText: () => Promise.resolve((state.answers.shift() as string | undefined) ?? "") } }

export class EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => void>()
  readonly event = (listener: (value: T) => void) => {
    this.listeners.add(listener)
    return { dispose: () => this.listeners.delete(listener) }
  }
  fire(value: T): void { for (const l of this.listeners) l(value) }
  dispose(): void { this.listeners.clear() }
}

/** A quick pick or input box that a test drives. */
export class FakeInput {
  items: unknown[] = []
  activeItems: unknown[] = []
  selectedItems: unknown[] = []
  value = ""
  validationMessage: unknown
  shown = false
  private readonly value_ = new EventEmitter<string>()
  private readonly active_ = new EventEmitter<unknown[]>()
  private readonly accept_ = new EventEmitter<undefined>()
  private readonly hide_ = new EventEmitter<undefined>()
  private readonly button_ = new EventEmitter<unknown>()
  onDidChangeValue = this.value_.event
  onDidChangeActive = this.active_.event
  onDidAccept = this.accept_.event
  onDidHide = this.hide_.event
  onDidTriggerButton = this.button_.event
  show(): void { this.shown = true; shownInputs.push(this) }
  dispose(): void {
    if (!this.shown) return
    this.shown = false
    this.hide_.fire(undefined)
  }
  type(text: string): void { this.value = text; this.value_.fire(text) }
  activate(item: unknown): void { this.activeItems = [item]; this.active_.fire([item]) }
  accept(item?: unknown): void { this.selectedItems = item === undefined ? [] : [item]; this.accept_.fire(undefined) }
  back(): void { this.button_.fire("back") }
}
export const shownInputs: FakeInput[] = []

const message = (kind: string) => (...a: unknown[]) => { called(kind, ...a); return Promise.resolve(state.answers.shift()) }
export const window = {
  createQuickPick: () => new FakeInput(),
  createInputBox: () => new FakeInput(),
  showInformationMessage: message("info"),
  showWarningMessage: message("warning"),
  showErrorMessage: message("error"),
  visibleTextEditors: [],
  activeTextEditor: undefined,
  tabGroups: {
    activeTabGroup: { activeTab: { label: "Preview model_addition_summary.md" } },
    all: [] as { tabs: { input: unknown }[] }[],
    close: (tabs: unknown[]) => { if (tabs.length > 0) called("close", tabs.length); return Promise.resolve(true) },
    onDidChangeTabs: (listener: (change: { closed: unknown[] }) => void) => { state.tabsChanged = listener; return { dispose: () => undefined } },
  },
  createTreeView: () => ({ visible: false, dispose: () => undefined }),
  showTextDocument: (uri: Uri, options: unknown) => {
    called("showTextDocument", uri.toString(), options)
    return Promise.resolve({ revealRange: (r: unknown) => { called("revealRange", r) }, selection: undefined })
  },
  withProgress: (options: { title: string }, task: (progress: { report: (r: unknown) => void }, token: { onCancellationRequested: (f: () => void) => void }) => Promise<unknown>) => {
    called("progress", options.title)
    return task({ report: (r) => { called("report", r) } }, { onCancellationRequested: (f) => { called("cancellable", f) } })
  },
}
export const commands = { executeCommand: (...a: unknown[]) => { called("command", ...a); return Promise.resolve() } }
export const workspace = {
  get isTrusted() { return state.trusted },
  getConfiguration: () => ({ get: () => state.settings }),
  registerTextDocumentContentProvider: () => ({ dispose: () => undefined }),
  openTextDocument: () => Promise.resolve({ getText: () => state.text }),
  fs: { stat: (uri: Uri) => (uri.path.includes("missing") ? Promise.reject(new Error("no file")) : Promise.resolve({})) },
}
export const languages = { getDiagnostics: () => [] }
export const DiagnosticSeverity = { Error: 0, Warning: 1 }
export const ConfigurationTarget = { Global: 1 }
