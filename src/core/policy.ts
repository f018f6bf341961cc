import type { Evaluate } from './verdict.ts'

/** The one entrypoint: what every bundle must offer, by this name. */
export const entrypoint = 'vouchsafe/decision/verdict'

/**
 * Makes a policy of a compiled module and the data that ships with it. Rejects with an Error saying why it is
 * refused.
 */
export type LoadPolicy = (wasm: Uint8Array, data: object) => Promise<{ readonly evaluate: Evaluate }>
