/** Whether whoever asks there expects failures in OPA's form, also where no route was found. */
export function isOpaPath(url = ''): boolean {
  return /^\/v[01]\/(data|policies|query|compile|status|config)(?![^/?])/.test(url)
}
