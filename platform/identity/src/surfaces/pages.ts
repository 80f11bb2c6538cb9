import { createHash } from 'node:crypto'
import type { Reply } from '@sallyport/contracts'
import { stylesheet } from './stylesheet.ts'
import { type Drawing, drawingOf, icon, mark } from './symbols.ts'

/** What a page says about itself. */
export interface PageOptions {
  readonly status?: number
  /** Of its words: `en` unless told otherwise. */
  readonly language?: string
  /** Where its forms may lead in the end, besides this place: an origin or a scheme. */
  readonly destination?: string
  /** When it is worth trying again. */
  readonly retryAfterSeconds?: number
  /** The address of the one script that it may load. */
  readonly script?: string
  /** A script in the page itself, at its end: JavaScript. */
  readonly inlineScript?: string
  /** Drawn above the title. */
  readonly symbol?: Drawing
}

/** A page, ready to be sent. */
export interface RenderedPage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly html: string
}

const styleDigest = digestOf(stylesheet)

/**
 * A page that loads nothing but the script it may name, and works without JavaScript. `body` is HTML: what comes from
 * outside is escaped before.
 */
export function renderPage(title: string, body: string, options: PageOptions = {}): RenderedPage {
  const { status = 200, language = 'en', destination = '', retryAfterSeconds, script, inlineScript, symbol } = options
  const scripts = [
    ...(script === undefined ? [] : [script]),
    ...(inlineScript === undefined ? [] : [`'sha256-${digestOf(inlineScript)}'`]),
  ]
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${styleDigest}'`,
    ...(scripts.length === 0 ? [] : [`script-src ${scripts.join(' ')}`]),
    `form-action 'self' ${destination}`.trim(),
    "base-uri 'none'",
    "frame-ancestors 'none'",
    // The icon, which is in the page itself.
    'img-src data:',
  ]
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      // Not `no-referrer`: with that a browser does not say where a form was sent from.
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    html: `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${icon}">
<style>${stylesheet}</style>${script === undefined ? '' : `\n<script src="${escapeHtml(script)}" defer></script>`}
<header>${mark}Sallyport</header>
<main>
${symbol ? drawingOf(symbol) : ''}<h1>${escapeHtml(title)}</h1>
${body}
</main>${inlineScript === undefined ? '' : `\n<script>${inlineScript}</script>`}
</html>
`,
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

/** A page as the answer of a route. */
export function page(title: string, body: string, options: PageOptions = {}): Reply {
  const { status, headers, html } = renderPage(title, body, options)
  return { status, headers, body: html }
}

/** Whether a page is wanted rather than data: browsers say so, other programs that take anything do not. */
export function wantsPage(accept: string | undefined): boolean {
  return accept !== undefined && /(^|,)\s*text\/html/i.test(accept)
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}
