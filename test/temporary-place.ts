import { readFileSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const memory = '/dev/shm'
const room = 4 * 2 ** 30

/** Where temporary folders go: into memory where there is room, as databases are thousands of small files. */
export function temporaryPlace(): string {
  return process.env.TMPDIR === undefined && isRoomy() ? memory : tmpdir()
}

function isRoomy(): boolean {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === memory)
    const { bavail, bsize } = statfsSync(memory)
    // Postgres itself may have to be run from a copy in there.
    return (
      mount !== undefined &&
      !/\bnoexec\b/.test(mount) &&
      Math.min(bavail * bsize, process.availableMemory()) > room
    )
  } catch {
    return false
  }
}
