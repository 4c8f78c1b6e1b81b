/** Which fib-ls is run: the user's setting, the one in the extension, the one on the PATH. */
import { constants } from "node:fs"
import { access, stat } from "node:fs/promises"
import * as path from "node:path"

export interface Binary {
  path: string
  from: "setting" | "extension" | "PATH"
}

export interface BinarySources {
  /** fibLs.server.path: machine scope, so it is never the workspace's. */
  setting: string | null | undefined
  extensionPath: string
  /** The PATH variable. */
  search: string | undefined
  trusted: boolean
  windows: boolean
}

export class NoBinary extends Error {}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/** Finds the server. Restricted mode runs the bundled one only. */
export async function findBinary(s: BinarySources): Promise<Binary> {
  const name = s.windows ? "fib-ls.exe" : "fib-ls"
  if (s.trusted && typeof s.setting === "string" && s.setting !== "") {
    if (await isProgram(s.setting)) return { path: s.setting, from: "setting" }
    throw new NoBinary(`fibLs.server.path is ${s.setting}, which is not a program.`)
  }
  const bundled = path.join(s.extensionPath, "server", name)
  if (await isProgram(bundled)) return { path: bundled, from: "extension" }
  if (s.trusted) {
    for (const directory of (s.search ?? "").split(s.windows ? ";" : ":")) {
      // Relative directories would make the workspace choose the program.
      if (!path.isAbsolute(directory)) continue
      const file = path.join(directory, name)
      if (await isProgram(file)) return { path: file, from: "PATH" }
    }
  }
  throw new NoBinary(
    s.trusted
      ? "There is no fib-ls in this build of the extension, nor on the PATH. Install it, or name it in fibLs.server.path."
      : "There is no fib-ls in this build of the extension. Trust the workspace to use the one on the PATH.",
  )
}
