/** What is wrong with the address of an instance. */
export function targetFault(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'is no http(s) address'
  const { username, password, pathname, search, hash } = new URL(text)
  if (username !== '' || password !== '') return 'must have no user name and no password in it'
  if (search !== '' || hash !== '') return 'must have no query in it'
  if (pathname !== '/') return 'must have no path: the service gets the path that the client asked for'
  return undefined
}

/** What is wrong with the address of an issuer's keys: who could change them on the way could be anybody. */
export function keysAddressFault(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'is no https address'
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return 'must have no user name and no password in it'
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
  return protocol === 'https:' || isHere ? undefined : 'must be an https address, unless it is on this machine'
}
