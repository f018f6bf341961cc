/**
 * Built-ins that a policy may ask the host for. All others run inside WASM or do not exist: those written in
 * JavaScript differ from OPA's, can hang (regex.split) or swallow errors (yaml).
 */
export const hostBuiltins: ReadonlySet<string> = new Set(['json.is_valid'])
