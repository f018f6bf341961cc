/** How long and how often; all times in ms. */
export type Plan = {
  readonly rounds: number
  readonly warmMs: number
  readonly countMs: number
  readonly inProcessMs: number
  readonly halfLoadMs: number
  readonly halfLoadRounds: number
  readonly flips: number
}

/** Under seven minutes. */
export const fullPlan: Plan = {
  rounds: 7,
  warmMs: 500,
  countMs: 3000,
  inProcessMs: 1500,
  halfLoadMs: 8000,
  halfLoadRounds: 3,
  flips: 400,
}

/** Under two minutes. */
export const quickPlan: Plan = {
  rounds: 3,
  warmMs: 200,
  countMs: 1000,
  inProcessMs: 500,
  halfLoadMs: 3000,
  halfLoadRounds: 1,
  flips: 200,
}
