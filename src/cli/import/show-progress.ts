import { type Moment, progressLine } from './progress-line.ts'

const barEveryMs = 100
const lineEveryMs = 5000

/** Shows how far it is: a bar that moves on a terminal, else a line from time to time. */
export function createShow(to: NodeJS.WriteStream) {
  let last = performance.now()
  return {
    show(moment: Moment): void {
      const now = performance.now()
      if (now - last < (to.isTTY ? barEveryMs : lineEveryMs)) return
      last = now
      const text = progressLine(moment, to.isTTY)
      to.write(to.isTTY ? `\r\u001b[2K${text}` : `${text}\n`)
    },
    clear(): void {
      if (to.isTTY) to.write('\r\u001b[2K')
    },
  }
}
