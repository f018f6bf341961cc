import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { giveToServer, serverUid } from './embedded-place.ts'

const run = promisify(execFile)

export type Cluster = {
  readonly native: string
  /** The folder that holds everything of ours; the cluster's own is `data`. */
  readonly folder: string
  readonly data: string
  readonly password: string
}

export const superuser = 'vouchsafe'

/** Runs one of Postgres's programs as its user, with nothing of our environment. */
export async function runProgram(cluster: Cluster, name: string, args: readonly string[]): Promise<void> {
  await run(join(cluster.native, 'bin', name), [...args], programOptions(cluster))
}

export function programOptions(cluster: Pick<Cluster, 'folder'>) {
  const identity = serverUid === undefined ? {} : { uid: serverUid, gid: serverUid }
  return {
    cwd: cluster.folder,
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    ...identity,
  }
}

/** Makes the cluster on the first start; later reads its password. */
export async function openCluster(native: string, folder: string): Promise<Cluster> {
  const passwordFile = join(folder, 'postgres.password')
  const data = join(folder, 'postgres')
  if (await stat(data).catch(() => undefined)) {
    await refuseOtherVersion(native, data)
    return { native, folder, data, password: (await readFile(passwordFile, 'utf8')).trim() }
  }
  const password = randomBytes(24).toString('base64url')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  const cluster = { native, folder, data, password }
  await initialise(cluster)
  return cluster
}

// Made beside and renamed, so that a start that was killed half way leaves nothing that looks finished.
async function initialise(cluster: Cluster): Promise<void> {
  const unfinished = `${cluster.data}.new`
  const secret = `${cluster.data}.pw`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  await giveToServer(unfinished)
  await writeFile(secret, cluster.password, { mode: 0o600 })
  await giveToServer(secret)
  try {
    await runProgram(cluster, 'initdb', [
      `--pgdata=${unfinished}`,
      `--username=${superuser}`,
      `--pwfile=${secret}`,
      '--auth=scram-sha-256',
      '--locale=C',
      '--encoding=UTF8',
    ])
  } finally {
    await rm(secret, { force: true })
  }
  await rename(unfinished, cluster.data)
}

async function refuseOtherVersion(native: string, data: string): Promise<void> {
  const { stdout } = await run(
    join(native, 'bin', 'postgres'),
    ['--version'],
    programOptions({ folder: '/' }),
  )
  const ours = /\) (\d+)/.exec(stdout)?.[1]
  const theirs = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim()
  if (ours === theirs) return
  throw new Error(
    `The data in ${data} was written by Postgres ${theirs}, this is Postgres ${ours}: dump and restore it, or set DATABASE_URL.`,
  )
}
