/** Steps of a dialog with a way back. */
import * as vscode from "vscode"

/** What a step gives: a value, a step back, or that the user left. */
export type Step<T> = { value: T } | "back" | undefined

export interface StepFrame {
  title: string
  step: number
  totalSteps: number
}

export interface PickItem<T> extends vscode.QuickPickItem {
  value?: T
}

export interface PickOptions<T> {
  frame: StepFrame
  placeholder: string
  /** The items for what is typed; called again when `refresh` says so. */
  items: (typed: string) => PickItem<T>[]
  /** Reads what is typed when no item is chosen. */
  typed: (text: string) => T | undefined
  /** Loads what the items are made of, for what is typed; they are asked for again afterwards. */
  load?: (typed: string) => Promise<void>
  /** Load again when the typing pauses. */
  follow?: boolean
}

/** Milliseconds without typing before items are loaded for what is typed. */
const pause = 250

/** A quick pick that takes free text, shown at once while its items load. */
export function pick<T>(o: PickOptions<T>): Promise<Step<T>> {
  const q = vscode.window.createQuickPick<PickItem<T>>()
  Object.assign(q, o.frame)
  q.placeholder = o.placeholder
  q.ignoreFocusOut = true
  q.matchOnDescription = true
  Object.assign(q, { sortByLabel: false }) // the order is the server's; the editor's own would be alphabetical
  if (o.frame.step > 1) q.buttons = [vscode.QuickInputButtons.Back]
  // What is typed comes first and is what Enter means, until the user moves on
  // from it. The list in front of the user may be older than the text; the
  // item counts as moved on from only when it was seen to be active.
  let seen: string | undefined
  const refresh = () => {
    q.items = o.items(q.value)
    const first = q.items[0]
    if (first && o.typed(q.value) !== undefined) q.activeItems = [first]
  }
  q.onDidChangeActive(([active]) => { if (active && active === q.items[0]) seen = q.value })
  refresh()
  let loads = 0
  const load = () => {
    if (!o.load) return
    const mine = ++loads
    q.busy = true
    const loaded = () => {
      if (mine !== loads) return // older than what is typed by now
      refresh()
      q.busy = false
    }
    void o.load(q.value).then(loaded, loaded)
  }
  load()
  let timer: NodeJS.Timeout | undefined
  const typed = () => {
    refresh()
    if (o.follow !== true) return
    clearTimeout(timer)
    timer = setTimeout(load, pause)
  }
  return new Promise((resolve) => {
    const end = (result: Step<T>) => {
      clearTimeout(timer)
      loads++
      resolve(result)
      q.dispose()
    }
    q.onDidChangeValue(typed)
    q.onDidTriggerButton(() => { end("back") })
    q.onDidAccept(() => {
      const own = o.typed(q.value)
      const chosen = q.selectedItems[0]?.value
      const value = own !== undefined && seen !== q.value ? own : (chosen ?? own)
      if (value !== undefined) end({ value })
    })
    q.onDidHide(() => { end(undefined) })
    q.show()
  })
}

export interface InputOptions {
  frame: StepFrame
  prompt: string
  value: string
  problem: (value: string) => string | vscode.InputBoxValidationMessage | undefined
}

/** A line of text that is checked while it is typed. */
export function input(o: InputOptions): Promise<Step<string>> {
  const box = vscode.window.createInputBox()
  Object.assign(box, o.frame)
  box.prompt = o.prompt
  box.value = o.value
  box.ignoreFocusOut = true
  if (o.frame.step > 1) box.buttons = [vscode.QuickInputButtons.Back]
  const check = () => {
    const problem = o.problem(box.value)
    box.validationMessage = problem
    return problem === undefined || (typeof problem === "object" && problem.severity !== vscode.InputBoxValidationSeverity.Error)
  }
  check()
  return new Promise((resolve) => {
    const end = (result: Step<string>) => {
      resolve(result)
      box.dispose()
    }
    box.onDidChangeValue(check)
    box.onDidTriggerButton(() => { end("back") })
    box.onDidAccept(() => { if (check()) end({ value: box.value }) })
    box.onDidHide(() => { end(undefined) })
    box.show()
  })
}
