import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that are held now, when all that is not needed is gone. */
export function heldBytes(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
