import { Refused } from './setting.ts'

const placeholders =
  /change[-_ ]?me|placeholder|example|password|replace|insecure|default|secret|todo|fixme|x{6}|1234567/i

/** At least 32 bytes of something that nobody would guess. */
export function strongSecret(text: string): void {
  if (Buffer.byteLength(text) < 32) {
    throw new Refused('has fewer than 32 bytes; make one with `openssl rand -base64 32`')
  }
  realSecret(text)
}

/** Not one of the texts that stand in for a secret in templates. Its length is its issuer's matter. */
export function realSecret(text: string): void {
  if (placeholders.test(text) || new Set(text).size < 8) {
    throw new Refused('looks like a placeholder; put the real secret there')
  }
}
