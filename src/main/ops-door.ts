import type { Config } from '#config'
import { type OpsNeeds, startOpsServer } from '#http/start-ops-server.ts'
import { at, shown } from './door-address.ts'

/** Health and metrics: there before the database is, and until everything else has ended. */
export async function openOpsDoor(needs: OpsNeeds, { opsAddress, drainMs }: Config) {
  const ops = await at('VOUCHSAFE_OPS_ADDRESS', opsAddress, startOpsServer(needs, opsAddress))
  return {
    address: shown(opsAddress, ops.port),
    close: async () => {
      await ops.drain(drainMs)
    },
  }
}
