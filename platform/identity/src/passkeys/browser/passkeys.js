/*
 * Runs in browsers, on the pages with passkeys. The form marked `data-passkey` and its button are hidden until this script
 * shows them. Before the form is sent, the authenticator is asked, and what it answers goes along in `credential`.
 *
 * `data-passkey` is what is asked for: `create` or `get`; `data-options` are the options, as JSON (WebAuthn §5.1). Where
 * there is `data-autofill`, browsers may offer passkeys where a user name is typed. The elements marked `data-when` are
 * what to say: when the browser has no passkeys, and when it did not work.
 */

const form = document.querySelector('form[data-passkey]')
if (form) prepare(form)

function prepare(form) {
  const { passkey: what, options: json, autofill } = form.dataset
  const options = JSON.parse(json)
  const controls = [...form.elements]
  const button = controls.find(({ type }) => type === 'submit')
  const answer = form.elements.namedItem('credential')
  const say = (text) => {
    for (const one of form.querySelectorAll('[data-when]')) one.hidden = one.dataset.when !== text
  }
  let waiting

  for (const part of [form, ...controls]) part.hidden = false

  form.addEventListener('submit', async (event) => {
    if (answer.value !== '') return
    event.preventDefault()
    if (!isSupported(what)) return say('unsupported')
    say(undefined)
    waiting?.abort()
    try {
      send(await ask(what, options))
    } catch {
      // Why is between the browser and its user: most often they have changed their mind.
      say('failed')
    }
  })

  if (autofill !== undefined) void offerWhereTyped()

  async function offerWhereTyped() {
    if (!isSupported(what) || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    waiting = new AbortController()
    try {
      send(await ask(what, options, { mediation: 'conditional', signal: waiting.signal }))
    } catch {
      // Nobody has asked for this, so nobody is told that it came to nothing.
    }
  }

  function send(credential) {
    answer.value = JSON.stringify(credential)
    form.requestSubmit(button)
  }
}

function isSupported(what) {
  const api = globalThis.PublicKeyCredential
  const parse = what === 'create' ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON'
  return typeof api?.[parse] === 'function' && typeof api.prototype.toJSON === 'function'
}

function ask(what, options, how = {}) {
  return what === 'create'
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), ...how })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...how })
}
