const exitCodeOf = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Under npm, Ctrl-C arrives twice: from the terminal and from npm. */
const samePressMs = 500

/** Aborts at the first signal to stop; a later one ends the process at once. */
export function stopSignals(say: (text: string) => void): AbortSignal {
  const asked = new AbortController()
  let first = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const now = performance.now()
      if (asked.signal.aborted) {
        if (now - first > samePressMs) process.exit(exitCodeOf[signal])
        return
      }
      first = now
      say('stopping …')
      asked.abort()
    })
  }
  return asked.signal
}
