/** When a server that ended is started again: at most five times in three minutes. */
export const maxRestarts = 5
export const restartWindow = 3 * 60_000

export class Restarts {
  private times: number[] = []

  constructor(private readonly now: () => number = Date.now) {}

  /** Counts one end of the server and says whether it may be started again. */
  allow(): boolean {
    const now = this.now()
    this.times = this.times.filter((t) => now - t < restartWindow)
    if (this.times.length >= maxRestarts) return false
    this.times.push(now)
    return true
  }

  reset(): void {
    this.times = []
  }
}
