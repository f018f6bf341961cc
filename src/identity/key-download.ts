const maxBytes = 256 * 1024
const timeoutMs = 5000

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** https anywhere, http on loopback only; no credentials in the address. */
export function isKeyAddress(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  const loopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname)
  return url.protocol === 'http:' && loopback
}

/** The parsed JSON behind the address: at most 256 KB in at most 5 s, and no redirect is followed. */
export async function downloadKeys(address: string, fetch: Fetch, closing: AbortSignal): Promise<unknown> {
  if (!isKeyAddress(address)) throw new Error('the address of the keys must be https, or http on loopback')
  const response = await fetch(address, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)]),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the keys' address answered ${response.status}`)
  }
  const text = await readCapped(response)
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the body, so what is beyond the cap is never read.
    if (size > maxBytes) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
