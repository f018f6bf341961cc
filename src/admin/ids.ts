export type Prefix =
  | 'sub'
  | 'org'
  | 'grt'
  | 'clr'
  | 'iss'
  | 'ten'
  | 'prm'
  | 'rte'
  | 'pol'
  | 'sea'
  | 'inv'
  | 'dlg'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** As ids are shown: "sub_<uuid>". */
export function showId(prefix: Prefix, id: string): string {
  return `${prefix}_${id}`
}

/** The UUID in an id that is given with its own prefix or without one. */
export function readId(prefix: Prefix, text: string): string | undefined {
  const bare = text.startsWith(`${prefix}_`) ? text.slice(prefix.length + 1) : text
  return uuid.test(bare) ? bare : undefined
}
