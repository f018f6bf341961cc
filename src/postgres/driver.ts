import { registerHooks } from 'node:module'

// postgres 3.4.9 writes to a connection that has closed meanwhile, from a timer, where nobody can catch what it throws:
// a database that is restarted in the middle of a transaction ends the process (porsager/postgres#1066, #1154, #1208).
// And what it had not written yet stays with the connection, which then never writes again. And what is asked between
// the failure of a connection and its end (a transaction's rollback) stays in line: the connection's next owner gets
// each answer one question late, and waits for its last one for ever. Until a release mends all three, its source is
// mended while it is loaded; a release that looks otherwise is refused.
const mends = [
  [
    'const x = socket.write(chunk, fn)',
    `if (socket === null) {
      chunk = nextWriteTimer = null
      error(Errors.connection('CONNECTION_CLOSED', options, socket))
      return false
    }
    const x = socket.write(chunk, fn)`,
  ],
  [
    '\n    clearImmediate(nextWriteTimer)',
    '\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null',
  ],
  ['!hadError && (query || sent.length) && error(', ';(query || sent.length) && error('],
] as const

const hooks = registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    return url.endsWith('/postgres/src/connection.js') ? { ...loaded, source: mend(loaded.source) } : loaded
  },
})

function mend(source: unknown): string {
  let text = source instanceof Uint8Array ? new TextDecoder().decode(source) : String(source)
  for (const [from, to] of mends) {
    if (!text.includes(from)) throw new Error('This release of postgres is not the one that is mended here.')
    text = text.replaceAll(from, () => to)
  }
  return text
}

/** The database driver. */
export const { default: postgres } = await import('postgres')
hooks.deregister()
