import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'
import type { Certificate } from './certificate.ts'

/**
 * The suites of TLS 1.3, and of 1.2 those with forward secrecy and authenticated encryption: no RSA key exchange, no CBC,
 * no 3DES (cloud C-93).
 */
const suites = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
]

/** How a door speaks TLS with a certificate. */
export function secureContextOf({ chainPem, privateKeyPem }: Certificate): TlsOptions {
  return {
    cert: chainPem,
    key: privateKeyPem,
    minVersion: 'TLSv1.2',
    ciphers: suites.join(':'),
    honorCipherOrder: true,
    // Renegotiation lets a client have the costly half of a handshake again and again.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
}
