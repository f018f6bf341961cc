/** The ways to write a path of at least two segments that somebody may read as that path, or as another (HARDENING "P"). */
export function hostilePaths(path: string): readonly string[] {
  const [first = '', ...others] = path.slice(1).split('/')
  const rest = others.join('/')
  const code = rest.charCodeAt(0).toString(16)
  return [
    `//${first}/${rest}`,
    `/${first}//${rest}`,
    `/./${first}/${rest}`,
    `/${first}/./${rest}`,
    `/open/../${first}/${rest}`,
    `/open/x/../../${first}/${rest}`,
    `/${first}/x/../${rest}`,
    `/open/%2e%2e/${first}/${rest}`,
    `/open/%2E./${first}/${rest}`,
    `/open/.%2e/${first}/${rest}`,
    `/${first}/%2e/${rest}`,
    `/open/..;/${first}/${rest}`,
    `/open/..;x=1/${first}/${rest}`,
    `/open/..%2f${first}/${rest}`,
    `/open/..%5c${first}/${rest}`,
    `/open\\..\\${first}\\${rest}`,
    `/open/..\\${first}/${rest}`,
    `/open/..%252f${first}/${rest}`,
    `/open/%252e%252e/${first}/${rest}`,
    `/open/..%c0%af${first}/${rest}`,
    `/open/%c0%ae%c0%ae/${first}/${rest}`,
    `/open/..%ef%bc%8f${first}/${rest}`,
    `/open/%e2%80%a5/${first}/${rest}`,
    `/open/..%00/${first}/${rest}`,
    `/${first}%2f${rest}`,
    `/${first}%2F${rest}`,
    `/${first}%5c${rest}`,
    `/${first}%5C${rest}`,
    `/${first}\\${rest}`,
    `/${first}%252f${rest}`,
    `/${first};x=1/${rest}`,
    `/${first}/${rest};x=1`,
    `/${first}/${rest}/`,
    `/${first}/${rest}/.`,
    `/${first}/${rest}/..`,
    `/${first}/${rest}#`,
    `/${first}/${rest}#/open`,
    `/open#/../${first}/${rest}`,
    `/${first}/${rest}%23`,
    `/${first}/${rest}?`,
    `/${first}/${rest}?/open`,
    `/${first}/${rest}%3f`,
    `/${first}/${rest}%00`,
    `/${first}/${rest}%00/open`,
    `/${first}/${rest}%20`,
    `/${first}/${rest}%0d%0ax-a:%20b`,
    `/${first}/${rest}*`,
    `/${first}/%${code}${rest.slice(1)}`,
    `/${first}/%25${code}${rest.slice(1)}`,
    `/${first.toUpperCase()}/${rest}`,
    `/${first}/${rest.toUpperCase()}`,
    `/${first}%c0%af${rest}`,
    `/${first}%e0%80%af${rest}`,
    `/${first}%ef%bc%8f${rest}`,
    `/${first}／${rest}`,
    `/${first}%u002f${rest}`,
    `/${first}/%`,
    `http://other.example/${first}/${rest}`,
    `${first}/${rest}`,
    '*',
    '/',
  ]
}

/** The path as the most obliging server would read it: what it may come to, at worst. */
export function obliginglyRead(target: string): string {
  let path = target.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/[?#].*$/s, '')
  for (let n = 0; n < 4; n++) {
    path = path.replace(/%c0%af|%e0%80%af/gi, '/').replace(/%c0%ae/gi, '.')
    path = path.replace(/%u002f/gi, '/').replace(/(?:%[0-9a-f]{2})+/gi, decoded)
  }
  const read: string[] = []
  for (const segment of path.normalize('NFKC').split('\0')[0]?.split(/[/\\]/) ?? []) {
    const name = segment
      .replace(/[;#?].*$/s, '')
      .trim()
      .toLowerCase()
    if (name === '..') read.pop()
    else if (name !== '' && name !== '.') read.push(name)
  }
  return `/${read.join('/')}`
}

function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('latin1')
  }
}
