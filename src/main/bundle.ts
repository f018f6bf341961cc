import { join } from 'node:path'
import { followFile } from '#bundle/follow-file.ts'
import { followPolicies } from '#bundle/follow-policies.ts'
import { type BundleHolder, createBundleHolder } from '#bundle/holder.ts'
import { resolveOpa } from '#bundle/opa.ts'
import type { Config } from '#config'
import { ConfigError } from '#config/config-error.ts'
import type { Health } from '#observe/health.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import { loadPolicy } from '#policy/load-policy.ts'

type Needs = {
  readonly config: Pick<Config, 'bundle' | 'opa'>
  /** Compile these as they are edited, instead of following the bundle's file. */
  readonly policies: string | undefined
  readonly log: Log
  readonly metrics: Metrics
  readonly health: Health
  readonly notice: (text: string) => void
  /** Told of each bundle that comes into force. */
  readonly activated: (revision: string) => void
}

export type OpenedBundle = Pick<BundleHolder, 'current' | 'status'> & { readonly close: () => void }

/** Activates the bundle of the settings, and follows its file or, in development, the policies' sources. */
export async function openBundle(needs: Needs): Promise<OpenedBundle> {
  const { config, policies, log, metrics, health, notice, activated } = needs
  const holder = watched(createBundleHolder({ now: Date.now, loadPolicy }))
  holder.subscribe(({ revision }) => {
    metrics.bundleActive(revision)
    health.bundleActivated()
    activated(revision)
    log.info({ revision }, 'bundle active')
    if (policies !== undefined) notice(`Bundle ${revision} is active.`)
  })
  const following = await (policies === undefined
    ? followFile({ path: config.bundle, holder })
    : followPolicies({ policiesDir: policies, opaPath: await opaPath(config.opa, notice), holder }))
  if (!following.first.activated) {
    following.close()
    const { reason } = following.first
    throw new ConfigError([
      policies === undefined
        ? `VOUCHSAFE_BUNDLE: the policies of ${config.bundle} cannot be used: ${reason}`
        : `The policies of ${policies} cannot be used: ${reason}`,
    ])
  }
  return { current: holder.current, status: holder.status, close: following.close }

  /** Whatever is refused later is told: the old bundle goes on serving meanwhile. The first refusal ends the start. */
  function watched(plain: BundleHolder): BundleHolder {
    const refused = (reason: string) => {
      if (plain.current() === undefined) return
      metrics.bundleRefused()
      log.error({ reason }, 'bundle refused; the old one stays')
      notice(`The new bundle is refused, the old one stays: ${reason}`)
    }
    return {
      ...plain,
      activate: async (bytes) => {
        const activation = await plain.activate(bytes)
        if (!activation.activated) refused(activation.reason)
        return activation
      },
      reject: (reason) => {
        refused(reason)
        return plain.reject(reason)
      },
    }
  }
}

const root = join(import.meta.dirname, '../..')

async function opaPath(explicit: string | undefined, notice: (text: string) => void): Promise<string> {
  notice('Resolving opa (the first time it is built, which takes up to two minutes) …')
  const places = { explicit, toolsDir: join(root, 'tools'), cacheDir: join(root, '.tools'), build: true }
  const found = await resolveOpa(places)
  if (found.opa) return found.opa.path
  throw new Error(`There is no opa to compile policies with: ${found.reason}.`)
}
