/** The server's log lines, as they reach standard error, in the output channel with their level. */
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"

interface Log {
  error(text: string): void
  warn(text: string): void
  info(text: string): void
  debug(text: string): void
}

export function logLine(line: string, log: Log): void {
  const found = /^time=\S+ level=(\w+)[+-]?\d* (.*)$/.exec(line)
  const text = found?.[2] ?? line
  switch (found?.[1]) {
    case "DEBUG":
      log.debug(text)
      return
    case "INFO":
      log.info(text)
      return
    case "WARN":
      log.warn(text)
      return
    default:
      log.error(text)
  }
}

export function followLog(input: Readable, log: Log): void {
  createInterface({ input, crlfDelay: Infinity }).on("line", (line) => { logLine(line, log) })
}
