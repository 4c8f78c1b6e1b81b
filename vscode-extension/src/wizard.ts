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
  /** Loads what the items are made of; they are asked for again afterwards. */
  load?: () => Promise<void>
}

/** A quick pick that takes free text, shown at once while its items load. */
export function pick<T>(o: PickOptions<T>): Promise<Step<T>> {
  const q = vscode.window.createQuickPick<PickItem<T>>()
  Object.assign(q, o.frame)
  q.placeholder = o.placeholder
  q.ignoreFocusOut = true
  q.matchOnDescription = true
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
  if (o.load) {
    q.busy = true
    void o.load().then(refresh, refresh).finally(() => { q.busy = false })
  }
  return new Promise((resolve) => {
    const end = (result: Step<T>) => {
      resolve(result)
      q.dispose()
    }
    q.onDidChangeValue(refresh)
    q.onDidTriggerButton(() => { end("back") })
    q.onDidAccept(() => {
      const typed = o.typed(q.value)
      const chosen = q.selectedItems[0]?.value
      const value = typed !== undefined && seen !== q.value ? typed : (chosen ?? typed)
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
