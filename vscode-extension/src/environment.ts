/** What the server is started with and told, which depends on whether the workspace is trusted. */

type Settings = Record<string, unknown>

/** The server's view of the settings: nothing about how it is started, and in restricted mode no network. */
export function serverSettings(section: unknown, trusted: boolean): unknown {
  if (typeof section !== "object" || section === null) return trusted ? section : restricted({})
  const rest = { ...(section as Settings) }
  delete rest["server"]
  delete rest["trace"]
  return trusted ? rest : restricted(rest)
}

function restricted(settings: Settings): Settings {
  const hub = settings["huggingface"]
  const add = settings["addModel"]
  return {
    ...settings,
    sglang: { path: null, clone: "never" },
    dataset: { path: null },
    huggingface: { ...(typeof hub === "object" ? hub : {}), endpoint: "", offline: true },
    addModel: { ...(typeof add === "object" ? add : {}), offline: true, skipSglang: true },
  }
}

/** What the environment of the server is made of. */
export interface EnvironmentSources {
  process: NodeJS.ProcessEnv
  /** The user's fibLs.server.extraEnv. */
  extra: unknown
  /** The user's http.proxy. */
  proxy: unknown
  trusted: boolean
}

/** The environment of the server process. */
export function serverEnvironment(s: EnvironmentSources): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...s.process }
  if (s.trusted && typeof s.proxy === "string" && s.proxy !== "") {
    for (const name of ["HTTPS_PROXY", "HTTP_PROXY"]) env[name] = s.proxy
  }
  if (typeof s.extra === "object" && s.extra !== null) {
    for (const [name, value] of Object.entries(s.extra)) {
      if (typeof value === "string" || typeof value === "number") env[name] = String(value)
    }
  }
  if (!s.trusted) {
    env["HF_HUB_OFFLINE"] = "1"
    env["FIB_LS_OFFLINE"] = "1"
    for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN"]) env[name] = undefined
  }
  return env
}

/** Says how the versions of extension and server differ, when that matters. */
export function versionSkew(extension: string, server: string | undefined): string | undefined {
  const part = (v: string) => /^v?(\d+)\.(\d+)\./.exec(`${v}.`)
  const ours = part(extension)
  const theirs = part(server ?? "")
  if (!ours || !theirs) return undefined // built from source
  return ours[1] === theirs[1] && ours[2] === theirs[2] ? undefined : `fib-ls ${server ?? ""} does not match extension ${extension}`
}
