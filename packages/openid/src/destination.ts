/** A browser holds a form to where it may lead, also by the redirects that follow (CSP `form-action`). */
export function destinationOf(redirectUri: string | undefined): string {
  if (redirectUri === undefined || !URL.canParse(redirectUri)) return ''
  const { origin, protocol } = new URL(redirectUri)
  return origin === 'null' ? protocol : origin
}
