import { setPriority } from 'node:os'

/** Lets a process wait for others where the cores are busy; `by` is the operating system's niceness. As far as it can. */
export function lowerPriority(pid: number | undefined, by: number): void {
  try {
    if (pid !== undefined) setPriority(pid, by)
  } catch {
    // It works as well as it would without.
  }
}
