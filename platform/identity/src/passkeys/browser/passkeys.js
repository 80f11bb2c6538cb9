/*
 * Runs in browsers, on the pages with passkeys. A form marked `data-passkey` is hidden until this script shows it. When it
 * is sent, the authenticator is asked first, and what it answers goes along in the field `credential`.
 *
 * `data-passkey` is what is asked for: `create` or `get`; `data-options` are the options, as JSON (WebAuthn §5.1). `data-
 * autofill` says that browsers may offer passkeys where a user name is typed. The elements marked `data-when` are what to
 * say: when the browser has no passkeys, and when it did not work.
 */

const form = document.querySelector('form[data-passkey]')
if (form) prepare(form)

function prepare(form) {
  const { passkey: what, options: json, autofill } = form.dataset
  const options = JSON.parse(json)
  let waiting

  form.hidden = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (!isSupported(what)) return say(form, 'unsupported')
    waiting?.abort()
    say(form, undefined)
    try {
      send(form, await ask(what, options))
    } catch {
      // Why is between the browser and its user: most often they have changed their mind.
      say(form, 'failed')
    }
  })

  if (autofill !== undefined) offerWhereTyped()

  async function offerWhereTyped() {
    if (!isSupported(what) || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    waiting = new AbortController()
    try {
      send(form, await ask(what, options, { mediation: 'conditional', signal: waiting.signal }))
    } catch {
      // Nobody has asked for this, so nobody is told that it came to nothing.
    }
  }
}

function isSupported(what) {
  const api = globalThis.PublicKeyCredential
  const parse = what === 'create' ? api?.parseCreationOptionsFromJSON : api?.parseRequestOptionsFromJSON
  return typeof parse === 'function' && typeof api.prototype.toJSON === 'function'
}

function ask(what, options, how = {}) {
  return what === 'create'
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), ...how })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...how })
}

function send(form, credential) {
  form.elements.namedItem('credential').value = JSON.stringify(credential)
  form.submit()
}

function say(form, what) {
  for (const text of form.querySelectorAll('[data-when]')) text.hidden = text.dataset.when !== what
}
