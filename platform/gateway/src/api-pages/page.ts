/** What a page about a service shows, all of it said by contracts and nothing by clients. */
export interface ApiPage {
  readonly title: string
  /** Where its OpenAPI document is; a page without one only leads to others. */
  readonly document?: string
  readonly links: readonly { readonly path: string; readonly title: string; readonly isHere: boolean }[]
  /** Where what it is made of is. */
  readonly files: string
}

/**
 * Nothing but scripts and styles of the installation's own, and none in the page. Icons of the styles are `data:`; pictures
 * that an operation answers with are `blob:`.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const pageHeaders = {
  'content-security-policy': policy,
  'x-frame-options': 'DENY',
  // Operations that are tried say nothing of this page.
  'referrer-policy': 'no-referrer',
}

export function renderApiPage({ title, document, links, files }: ApiPage): string {
  const items = links.map(
    ({ path, title, isHere }) => `<li><a href="${path}"${isHere ? ' aria-current="page"' : ''}>${title}</a></li>`,
  )
  const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${files}/swagger-ui.css">
<link rel="stylesheet" href="${files}/page.css">
</head>
<body>
<nav aria-label="Services"><ul>${items.join('')}</ul></nav>
`
  if (document === undefined) return `${head}<main><h1>${title}</h1><p>Choose a service.</p></main>\n</body>\n</html>\n`
  return `${head}<div id="api" data-document="${document}"></div>
<noscript><p>Without JavaScript there is <a href="${document}">the OpenAPI document</a>.</p></noscript>
<script src="${files}/swagger-ui-bundle.js"></script>
<script src="${files}/page.js"></script>
</body>
</html>
`
}
