import * as os from "node:os"
import * as vscode from "vscode"

/** What a bug report needs: versions and settings, no secrets and no text of the user's. */
export function debugInformation(version: string, server: Record<string, string>): string {
  const settings = { ...(vscode.workspace.getConfiguration().get<Record<string, unknown>>("fibLs") ?? {}) }
  const program = settings["server"] as { extraEnv?: object } | undefined
  if (program) settings["server"] = { ...program, extraEnv: Object.keys(program.extraEnv ?? {}) }
  const lines: [string, string][] = [
    ["extension", version],
    ...Object.entries(server),
    ["editor", `${vscode.env.appName} ${vscode.version} (${vscode.env.appHost}${vscode.env.remoteName === undefined ? "" : `, ${vscode.env.remoteName}`})`],
    ["system", `${os.platform()} ${os.arch()} ${os.release()}`],
    ["trusted", String(vscode.workspace.isTrusted)],
    ["settings", withoutSecrets(JSON.stringify(settings))],
  ]
  return lines.map(([name, value]) => `${name}: ${value}`).join("\n") + "\n"
}

/** Takes out what looks like a token, and user names and passwords in addresses. */
export function withoutSecrets(text: string): string {
  return text.replace(/\bhf_\w+/g, "hf_…").replace(/(https?:\/\/)[^/@\s"]+@/g, "$1…@")
}
