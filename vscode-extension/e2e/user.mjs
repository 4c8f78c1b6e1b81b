// What a user does in the editor.
import { same, until } from "./wait.mjs"

const quick = ".quick-input-widget:not([style*='display: none'])"

export class User {
  constructor(session) {
    this.session = session
    this.page = session.page
    this.keys = session.page.keyboard
  }

  /** Opens the command palette, chooses a command by its title, and gives the time of the Enter. */
  async command(title) {
    await this.keys.press("F1")
    const input = this.page.locator(`${quick} input.input`).first()
    await input.waitFor()
    await until("the palette's prompt", async () => (await input.inputValue()).startsWith(">"))
    await input.fill(`>${title}`)
    await until(`the command ${title}`, async () => {
      const first = this.page.locator(`${quick} .monaco-list-row.focused .label-name`).first()
      return (await first.textContent())?.includes(title)
    })
    const at = Date.now()
    await this.keys.press("Enter")
    return at
  }

  /** The title of the quick input that is shown. */
  async quickTitle() {
    const title = this.page.locator(`${quick} .quick-input-title`).first()
    return (await title.isVisible()) ? title.textContent() : undefined
  }

  async quickStep(text) {
    await until(`the step ${text}`, async () => (await this.quickTitle())?.includes(text))
  }

  /** The rows of the quick input. */
  rows() {
    return this.page.locator(`${quick} .monaco-list-row`)
  }

  async type(text) {
    const input = this.page.locator(`${quick} input.input`).first()
    await input.waitFor()
    await input.fill(text)
  }

  async open(path) {
    await this.keys.press("Control+P")
    await this.type(path)
    const name = path.split("/").at(-1)
    await until(`the file ${path} in the list`, async () => (await this.rows().first().textContent())?.includes(name))
    await this.keys.press("Enter")
    await until(`the editor of ${path}`, async () => (await this.page.locator(".tab.active").first().textContent())?.includes(name))
    await this.page.locator(".editor-instance .view-line").first().waitFor()
  }

  async goTo(line, column = 1) {
    await this.focusEditor()
    await this.keys.press("Control+G")
    await this.type(`:${line}:${column}`)
    await this.keys.press("Enter")
    await until(`line ${line}`, async () => (await this.position())?.startsWith(`Ln ${line}, Col ${column}`))
  }

  async position() {
    return this.page.locator("#status\\.editor\\.selection").first().textContent()
  }

  /** Puts the focus into the models file, wherever it was. */
  async focusEditor() {
    await this.keys.press("Control+1")
    await until("the focus in the editor", () => this.page.evaluate(() => document.activeElement?.closest(".editor-instance") !== null))
  }

  async save() {
    const clean = async () => (await this.page.locator(".tab.active.dirty").count()) === 0
    await this.focusEditor()
    // An edit may arrive after the key, and the key while the editor is not listening: it is pressed until it works.
    await until("the file to be saved", async () => {
      if (await clean()) return true
      await this.focusEditor()
      await this.keys.press("Control+S")
      return until("the save", clean, 2).catch(() => false)
    })
  }

  /** Turns a setting on or off in the settings editor, and comes back to the models file. */
  async toggleSetting(key) {
    await this.command("Preferences: Open Settings (UI)")
    const search = this.page.locator(".settings-editor .search-container")
    await search.waitFor()
    await search.click()
    await this.keys.type(`@id:${key}`)
    const box = this.page.locator(".settings-editor .setting-value-checkbox").first()
    await until(`the setting ${key}`, async () => (await this.page.locator(".settings-editor .setting-item-bool").count()) === 1)
    const was = await box.getAttribute("aria-checked")
    await box.click()
    await until(`the setting ${key} to change`, async () => (await box.getAttribute("aria-checked")) !== was)
    await this.keys.press("Control+W")
    await until("the settings to close", async () => (await this.page.locator(".settings-editor").count()) === 0)
  }

  /** The texts of the notifications that are shown. */
  async notifications() {
    return this.page.locator(".notifications-toasts .notification-list-item-message").allTextContents()
  }

  async notification(pattern, seconds = 60) {
    const seen = new Set()
    const found = async () => (await this.notifications()).find((text) => seen.add(text) && pattern.test(text))
    return until(`a notification like ${pattern}`, found, seconds).catch((error) => {
      throw new Error(`${error.message}; seen: ${[...seen].join(" | ")}`)
    })
  }

  async pressOn(pattern, button) {
    const toast = this.page.locator(".notification-toast", { hasText: pattern }).first()
    await toast.hover()
    await toast.getByRole("button", { name: button }).click()
  }

  async clearNotifications() {
    await this.command("Notifications: Clear All Notifications")
    await until("no notifications", async () => (await this.notifications()).length === 0)
  }

  /** Says whether a frame of the page, such as a preview, shows a text. */
  async inFrames(pattern) {
    for (const frame of this.page.frames()) {
      if (frame === this.page.mainFrame()) continue
      const text = await frame.evaluate(() => document.body?.innerText ?? "").catch(() => "")
      if (pattern.test(text)) return true
    }
    return false
  }

  /** The document's text as the editor has it: saved, then read. */
  async text() {
    await this.save()
    return until("the file", () => this.session.models())
  }

  /** Holds the document's text to be this, as soon as everything has arrived. */
  async expectText(want) {
    let got = ""
    await until("the text", async () => (got = await this.text()) === want, 20).catch(() => same(got, want))
  }

  /** The rows of the completion's list. */
  suggestions() {
    return this.page.locator(".suggest-widget.visible .monaco-list-row")
  }

  /** Asks for completions at the cursor until the list's names are as a condition says. */
  async complete(what, fitting) {
    let labels = []
    await until(`completions: ${what}`, async () => {
      if ((await this.suggestions().count()) === 0) await this.keys.press("Control+Space")
      labels = await this.suggestions().locator(".label-name").allTextContents()
      return fitting(labels)
    }, 20).catch((error) => {
      throw new Error(`${error.message}; offered: ${labels.join(" | ")}`)
    })
  }

  /** The hover at the cursor, as soon as a row of it is as expected: all its rows. */
  async hover(what, expected) {
    return until(`the hover on ${what}`, async () => {
      const shown = this.page.locator(".monaco-hover:not(.hidden) .hover-row")
      if ((await shown.count()) === 0) await this.command("Show or Focus Hover")
      const rows = (await shown.allTextContents()).filter((r) => r.trim() !== "" && !/^Loading/.test(r))
      return rows.some((r) => expected.test(r)) && rows
    }, 120)
  }

  /** The titles of what can be done at the cursor, once one of them is as expected; the list stays open. */
  async actions(expected) {
    const rows = this.page.locator(".action-widget .monaco-list-row.action")
    let titles = []
    await until(`an action like ${expected}`, async () => {
      if ((await rows.count()) === 0) await this.keys.press("Control+.")
      await rows.first().waitFor({ timeout: 5000 }).catch(() => undefined)
      titles = await rows.allTextContents()
      if (titles.some((t) => expected.test(t))) return true
      await this.keys.press("Escape") // the list was made before the finding
      return false
    }).catch((error) => {
      throw new Error(`${error.message}; offered: ${titles.join(" | ")}`)
    })
    return titles
  }

  /** Takes what can be done at the cursor by its title. */
  async act(title, picture = async () => undefined) {
    await this.actions(title)
    const row = this.page.locator(".action-widget .monaco-list-row.action", { hasText: title }).first()
    for (let n = 0; n < 30 && !(await row.getAttribute("class")).includes("focused"); n++) await this.keys.press("ArrowDown")
    await picture()
    await this.keys.press("Enter")
  }

  /** Replaces all of the document's text, without saving it. */
  async replaceText(text) {
    await this.page.evaluate((t) => navigator.clipboard.writeText(t), text)
    await this.focusEditor()
    await this.keys.press("Control+A")
    await this.keys.press("Control+V")
  }

  /** Takes the quick fix whose title has a word. */
  async quickFix(word, picture = async () => undefined) {
    const action = this.page.locator(".action-widget .monaco-list-row.action.focused", { hasText: word })
    let offered = []
    // The keys come to nothing while the editor still asks for what there is.
    await until(`the quick fix ${word}`, async () => {
      if (!(await this.page.locator(".action-widget .monaco-list-row").first().isVisible())) await this.keys.press("Control+.")
      if (await action.waitFor({ timeout: 5000 }).then(() => true, () => false)) return true
      offered = await this.page.locator(".action-widget .monaco-list-row").evaluateAll((rows) => rows.map((r) => `${r.classList.contains("focused") ? "> " : ""}${r.textContent}`))
      return false
    }).catch((error) => {
      throw new Error(`${error.message}; offered: ${offered.join(" | ")}`)
    })
    await picture()
    await this.keys.press("Enter")
    await until("the squiggle to go", async () => (await this.page.locator(".squiggly-error").count()) === 0)
  }
}
