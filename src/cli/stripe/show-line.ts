const barEveryMs = 100
const lineEveryMs = 5000

/** Shows how far something is on standard error: one line that changes on a terminal, else one from time to time. */
export function createShowLine(to: NodeJS.WriteStream = process.stderr) {
  let last = performance.now()
  return {
    show(text: string): void {
      const now = performance.now()
      if (now - last < (to.isTTY ? barEveryMs : lineEveryMs)) return
      last = now
      to.write(to.isTTY ? `\r\u001b[2K${text}` : `${text}\n`)
    },
    clear(): void {
      if (to.isTTY) to.write('\r\u001b[2K')
    },
  }
}
