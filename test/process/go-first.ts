import { spawnSync } from 'node:child_process'

/**
 * Puts a process before all that others do on this machine, as `CPUSchedulingPolicy=rr` of a systemd unit does. False
 * where that is not permitted or not known.
 */
export function goFirst(pid: number | undefined, priority = 1): boolean {
  return spawnSync('chrt', ['--all-tasks', '--rr', '--pid', String(priority), String(pid)]).status === 0
}
