/** The one entrypoint: what every bundle must offer, by this name. */
export const entrypoint = 'vouchsafe/decision/verdict'
