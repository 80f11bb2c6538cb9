/** How well somebody has proven who they are, in the values of `acr`, the weakest first. */
export const acrs = [
  'urn:sallyport:acr:password',
  'urn:sallyport:acr:two-factors',
  // Resistant to phishing (OpenID Connect Extended Authentication Profile ACR Values 1.0 §2).
  'phr',
] as const

export type Acr = (typeof acrs)[number]
