import { delegateReaders, delegators } from '#rpc/roles.ts'

/** For commands that keep within a delegate's reach. A worker is refused, whatever else it is (S000-16). */
export const delegated = { roles: delegators, refused: ['worker'] } as const
export const delegatedReading = { roles: delegateReaders } as const
