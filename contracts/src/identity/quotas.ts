import { quota } from '../quotas.ts'

/** How often one client address may ask for something, unless the operator says otherwise (accounts A-12). */
export const identityRates = {
  accounts: '500/minute,50/second',
  'accounts-log-in': '100/hour',
  'accounts-sign-up': '20/hour',
  'accounts-validation': '20/hour',
} as const
export type IdentityQuota = keyof typeof identityRates

function perAddress(name: IdentityQuota) {
  return quota(name, 'address', identityRates[name])
}

/** Everything at `/authy`. */
export const accountsQuota = perAddress('accounts')
export const logInQuota = perAddress('accounts-log-in')
export const signUpQuota = perAddress('accounts-sign-up')
/** What the links in letters lead to. */
export const validationQuota = perAddress('accounts-validation')

/**
 * How often one client address may have letters with links sent. Identity counts them: half of them are asked for in forms of
 * the OpenID provider's pages, which no door reads.
 */
export const linkRates = '30/hour'
