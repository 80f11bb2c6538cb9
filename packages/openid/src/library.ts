/*
 * The library that speaks the protocol. At its import it complains on the console about every Node that is not a release
 * with long-term support, also about those that will be; an operator can do nothing about that.
 */

// oxlint-disable no-console
const { warn } = console
console.warn = () => undefined
const library = await import('oidc-provider')
console.warn = warn
// oxlint-enable no-console

export const { errors, ExternalSigningKey, interactionPolicy, Provider } = library
