/** A request's host without its port and the root's dot, in lower case. Undefined for what is no host, or has an empty label. */
export function canonicalHost(text: string): string | undefined {
  const host = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/.exec(text)?.[1]
  const name = host?.toLowerCase().replace(/\.$/, '')
  return name === undefined || /^\.?$|^\.|\.\.|\.$/.test(name) ? undefined : name
}
