import { accessSync, constants, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type Parse, Refused } from './setting.ts'

export type Address = { readonly host: string; readonly port: number }

/** "127.0.0.1:7070", "[::1]:7070", "localhost:0". */
export function address(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3])
  const bracketed = match?.[1] !== undefined
  const hostOk = bracketed ? isIP(host) === 6 : isIP(host) === 4 || isHostName(host)
  if (!hostOk || port > 65_535) throw new Refused('is not host:port, such as 127.0.0.1:7070 or [::1]:7070')
  return { host, port }
}

/** A dotted name whose last part is not a number: "1.2.3" and "0x7f.1" are no names of hosts. */
function isHostName(text: string): boolean {
  return /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(text) && !/(^|\.)(\d+|0x[0-9a-f]*)$/i.test(text)
}

export function integer(unit: string, least: number, most: number): Parse<number> {
  const range = `is a whole number of ${unit} from ${least} to ${most}`
  return (text) => {
    if (/^\d+\s*[a-z]+$/i.test(text)) throw new Refused(`${range}, written without a unit`)
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most) throw new Refused(range)
    return value
  }
}

export function share(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value > 1) throw new Refused('is a share from 0 to 1, such as 0.01')
  return value
}

export function oneOf<const Word extends string>(...words: readonly Word[]): Parse<Word> {
  return (text) => {
    const found = words.find((word) => word === text)
    if (found === undefined) throw new Refused(`is one of ${words.join(', ')}`)
    return found
  }
}

/** An http or https address, kept as it was written. */
export function webAddress(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Refused('is an address such as https://example.com/upgrade')
  return text
}

export function word(text: string): string {
  return text
}

/** A path, made absolute from the working folder. It need not exist yet. */
export function path(text: string): string {
  return resolve(text)
}

export function readableFile(text: string): string {
  const file = resolve(text)
  try {
    accessSync(file, constants.R_OK)
  } catch {
    throw new Refused('names a file that cannot be read')
  }
  if (!statSync(file).isFile()) throw new Refused('names something that is not a file')
  return file
}

export function list(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) throw new Refused('is a list separated by commas, and has an empty item')
  return items
}
