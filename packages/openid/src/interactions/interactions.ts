import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Interaction, InteractionResults, Provider } from 'oidc-provider'
import { wantedAcr } from '../acr.ts'
import { destinationOf } from '../destination.ts'
import { errors } from '../library.ts'
import type { Languages } from '../pages.ts'
import type { OpenIdProviderParts } from '../parts.ts'
import { sendPage } from '../sending.ts'
import { csrfTokenOf, isCsrfTokenOf, isSameOrigin } from './csrf.ts'
import { readForm } from './form.ts'
import type { Answer, Question, Sender } from './question.ts'

/**
 * Asks the questions that stand between a client and what it wants, and takes the answers. The question is the one that
 * the browser's cookie names, which is bound to the page's path.
 */
export async function answerInteraction(
  provider: Provider,
  parts: OpenIdProviderParts,
  uid: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { questions, issuer } = parts
  const languages = { uiLocales: undefined, acceptLanguage: request.headers['accept-language'] }
  const interaction = await openInteraction(provider, uid, request, response)
  const question = interaction && (await questionOf(provider, parts, interaction, languages))
  if (!question) return sendPage(response, questions.gone(languages))

  if (request.method === 'GET' || request.method === 'HEAD') return sendPage(response, await questions.ask(question))
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'GET, HEAD, POST' }).end()
    return
  }
  const form = await readForm(request)
  const fromPage =
    form !== undefined &&
    isSameOrigin(request.headers, new URL(issuer).origin) &&
    isCsrfTokenOf(parts.cookieSecrets, `question ${uid}`, form.get('csrf') ?? '')
  if (!fromPage) return sendPage(response, questions.gone(languages))

  const answer = await questions.answer(question, form, senderOf(request))
  if (answer.kind === 'page') return sendPage(response, answer.page)
  const result = await resultOf(provider, interaction, question, answer)
  if (!result) return sendPage(response, questions.gone(languages))
  await provider.interactionFinished(request, response, result)
}

async function openInteraction(
  provider: Provider,
  uid: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Interaction | undefined> {
  try {
    const interaction = await provider.interactionDetails(request, response)
    return interaction.uid === uid ? interaction : undefined
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  }
}

/** Undefined when the client is gone. */
async function questionOf(
  provider: Provider,
  { cookieSecrets, issuer }: OpenIdProviderParts,
  { uid, prompt, params, session }: Interaction,
  languages: Languages,
): Promise<Question | undefined> {
  const text = (name: string): string | undefined => {
    const value = params[name]
    return typeof value === 'string' ? value : undefined
  }
  const client = await provider.Client.find(text('client_id') ?? '')
  if (!client) return undefined
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details
  const ofResources = Object.values(Object(missingResourceScopes)).flatMap(namesIn)
  return {
    id: uid,
    action: `${new URL(issuer).pathname}/interaction/${uid}`,
    csrf: csrfTokenOf(cookieSecrets[0] ?? '', `question ${uid}`),
    about: prompt.name === 'consent' ? 'consent' : 'sign-in',
    client: { id: client.clientId, name: client.clientName ?? client.clientId },
    accountId: session?.accountId,
    loginHint: text('login_hint'),
    acr: wantedAcr(params).values,
    wanted: { scopes: [...namesIn(missingOIDCScope), ...ofResources], claims: namesIn(missingOIDCClaims) },
    destination: destinationOf(text('redirect_uri')),
    languages: { ...languages, uiLocales: text('ui_locales') },
  }
}

/** What the provider is told about an answer; undefined when the answer is to another question. */
async function resultOf(
  provider: Provider,
  interaction: Interaction,
  question: Question,
  answer: Exclude<Answer, { kind: 'page' }>,
): Promise<InteractionResults | undefined> {
  if (answer.kind === 'denied') {
    return { error: 'access_denied', error_description: 'the person did not want this' }
  }
  if (answer.kind === 'signed-in') {
    if (question.about !== 'sign-in') return undefined
    const { accountId, session, amr, acr } = answer
    const selected = interaction.prompt.name === 'select_account' && { select_account: {} }
    return { login: { accountId, amr: [...amr], acr }, session, ...selected }
  }
  const accountId = interaction.session?.accountId
  if (question.about !== 'consent' || accountId === undefined) return undefined
  const { details } = interaction.prompt
  const existing = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId)
  const grant = existing ?? new provider.Grant({ accountId, clientId: question.client.id })
  const scopes = namesIn(details['missingOIDCScope'])
  if (scopes.length > 0) grant.addOIDCScope(scopes)
  if (question.wanted.claims.length > 0) grant.addOIDCClaims([...question.wanted.claims])
  for (const [resource, names] of Object.entries(Object(details['missingResourceScopes']))) {
    grant.addResourceScope(resource, namesIn(names))
  }
  return { consent: { grantId: await grant.save() } }
}

/** Who sends a request. The gateway says where it comes from, whatever the client said. */
function senderOf({ headers }: IncomingMessage): Sender {
  const address = headers['x-forwarded-for']
  return { address: typeof address === 'string' ? address : '', userAgent: headers['user-agent'] }
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []
}
