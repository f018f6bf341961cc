import type { Issuer } from '#core/catalogue.ts'
import type { Caller, CallerKey } from '#core/tenant-view.ts'
import type { TenantData } from './tenant-data.ts'

type Share = {
  readonly key: string
  readonly issuers: readonly Issuer[]
  readonly keys: ReadonlyMap<string, CallerKey>
  readonly certificates: ReadonlyMap<string, Caller>
}

/** What is looked up before the tenant is known: tenants' keys, issuers, callers. */
export class Directory {
  readonly #shares = new Map<string, Share>()
  readonly #byKey = new Map<string, string>()
  readonly #issuers = new Map<string, readonly Issuer[]>()
  readonly #keys = new Map<string, CallerKey>()
  readonly #certificates = new Map<string, Caller>()

  /** Puts a tenant's present share in the place of its last. */
  replace(data: TenantData): void {
    const { catalogue, callers } = data
    const before = this.#shares.get(data.id)
    const unchanged =
      before?.issuers === catalogue.issuers &&
      before.keys === callers.keys &&
      before.key === catalogue.tenant.key
    if (unchanged) return
    this.remove(data.id)
    const { keys, certificates } = callers
    const share: Share = { key: catalogue.tenant.key, issuers: catalogue.issuers, keys, certificates }
    this.#shares.set(data.id, share)
    this.#byKey.set(share.key, data.id)
    for (const issuer of share.issuers) {
      this.#issuers.set(issuer.iss, [...(this.#issuers.get(issuer.iss) ?? []), issuer])
    }
    for (const [id, key] of share.keys) this.#keys.set(id, key)
    for (const [fingerprint, caller] of share.certificates) this.#certificates.set(fingerprint, caller)
  }

  remove(tenant: string): void {
    const share = this.#shares.get(tenant)
    if (share === undefined) return
    this.#shares.delete(tenant)
    if (this.#byKey.get(share.key) === tenant) this.#byKey.delete(share.key)
    for (const { iss } of share.issuers) {
      const others = (this.#issuers.get(iss) ?? []).filter((issuer) => issuer.tenant !== tenant)
      if (others.length === 0) this.#issuers.delete(iss)
      else this.#issuers.set(iss, others)
    }
    for (const [id, key] of share.keys) if (this.#keys.get(id) === key) this.#keys.delete(id)
    for (const [fingerprint, caller] of share.certificates) {
      if (this.#certificates.get(fingerprint) === caller) this.#certificates.delete(fingerprint)
    }
  }

  tenantOfKey(key: string): string | undefined {
    return this.#byKey.get(key)
  }

  issuersOf(iss: string): readonly Issuer[] {
    return this.#issuers.get(iss) ?? []
  }

  /** None where two claim it: the database forbids that, and guessing would cross tenants. */
  issuer(iss: string, audience: string): Issuer | undefined {
    const found = this.issuersOf(iss).filter(({ audiences }) => audiences.includes(audience))
    return found.length === 1 ? found[0] : undefined
  }

  callerOfKey(id: string): CallerKey | undefined {
    return this.#keys.get(id)
  }

  callerOfCertificate(fingerprint: string): Caller | undefined {
    return this.#certificates.get(fingerprint)
  }
}
