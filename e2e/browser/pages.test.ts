import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { issuer } from '../openid/browser.ts'
import type { RegisteredClient } from '../openid/clients.ts'
import { callPath } from '../support/http.ts'
import { lettersTo, linkTo } from '../support/letters.ts'
import { type Player, registerPlayer, uniqueName } from '../support/people.ts'
import { useApplication } from './application.ts'
import { look, type Titles } from './looking.ts'
import { choose, readers, signIn } from './walking.ts'
import { useBrowser } from './visits.ts'

const application = useApplication()
const visit = useBrowser()
let ada: Player
/** One that is trusted, and one that people are asked about. */
let orchard: RegisteredClient
let stranger: RegisteredClient

beforeAll(async () => {
  ada = await registerPlayer({ username: uniqueName('ada') })
  orchard = await application.add({ first_party: true })
  stranger = await application.add({ name: 'The Stranger’s Photographs' })
})

const goodPassword = 'Korrekt Pferd Batterie 77!'

async function backAtTheProgram(page: Page): Promise<URLSearchParams> {
  await page.waitForURL((url) => url.href.startsWith(application.callback))
  return new URL(page.url()).searchParams
}

describe.each(readers)('the pages %s', (_, reader) => {
  const see = (page: Page, name: string, titles: Titles): Promise<void> => look(page, reader, name, titles)
  /** Without scripts, a page in which a form sends itself waits for its button. */
  const sendOn = async (page: Page): Promise<void> => {
    await see(page, 'send-on', { en: 'One moment', it: 'Un momento' })
    await page.locator('button').press('Enter')
  }

  it('let somebody sign in, after a mistake', async () => {
    const titles = { en: 'Sign in to Orchard', it: 'Accedi a Orchard' }
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard))
    await see(page, 'sign-in', titles)
    await page.locator('#username').press('Enter')
    expect(await page.locator('#username:invalid').count(), 'is not sent without a name').toBe(1)
    await signIn(page, { username: ada.username, password: 'Not-The-One-77' })
    await page.getByRole('alert').waitFor()
    await see(page, 'sign-in-again', titles)
    expect(await page.locator('#password').getAttribute('aria-describedby')).toBe('complaint')
    await page.locator('#password').fill(ada.password)
    await page.locator('#password').press('Enter')
    expect((await backAtTheProgram(page)).get('code')).toEqual(expect.any(String))
  })

  it('put the cursor where it is needed when the name is known', async () => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard, { login_hint: ada.username }))
    expect(await page.locator('#username').inputValue()).toBe(ada.username)
    expect(await page.locator('#password:focus').count()).toBe(1)
    await page.keyboard.type(ada.password)
    await page.keyboard.press('Enter')
    expect((await backAtTheProgram(page)).get('code')).toEqual(expect.any(String))
  })

  it('let somebody go back to the program', async () => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard))
    await choose(page, 'cancel')
    expect((await backAtTheProgram(page)).get('error')).toBe('access_denied')
  })

  it('make an account', async () => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard))
    await choose(page, 'register')
    await see(page, 'register', { en: 'Create an account', it: 'Crea un account' })
    const person = { username: uniqueName('newcomer'), email: `${uniqueName('newcomer')}@example.org` }
    await page.locator('#username').fill(person.username)
    await page.locator('#email').fill(person.email)
    await page.locator('#password').fill('password1')
    await page.locator('#password').press('Enter')
    await page.getByRole('alert').waitFor()
    await see(page, 'register-again', { en: 'Create an account', it: 'Crea un account' })
    await page.locator('#password').fill(goodPassword)
    await choose(page, 'create')
    await see(page, 'letter-sent', { en: 'Look at your mail', it: 'Controlla la posta' })

    const subjects = { en: 'Confirm your e-mail address', it: 'Conferma il tuo indirizzo e-mail' }
    expect((await lettersTo(person.email))[0]?.subject).toBe(subjects[reader.language])
    const link = await linkTo(person.email)
    const mail = await visit(reader)
    await mail.goto(link)
    await see(mail, 'confirm-address', subjects)
    await mail.locator('button').press('Enter')
    const confirmed = { en: 'Your e-mail address is confirmed', it: 'Il tuo indirizzo e-mail è confermato' }
    await see(mail, 'address-confirmed', confirmed)

    await choose(page, 'back')
    await signIn(page, { ...person, password: goodPassword })
    expect((await backAtTheProgram(page)).get('code')).toEqual(expect.any(String))
  })

  it('bring a forgotten password back', async () => {
    const { username, email } = await registerPlayer()
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard))
    await choose(page, 'forgotten')
    await see(page, 'forgotten', { en: 'Forgotten your password?', it: 'Password dimenticata?' })
    await page.locator('#email').fill(email)
    await page.locator('#email').press('Enter')
    await see(page, 'reset-letter-sent', { en: 'Look at your mail', it: 'Controlla la posta' })

    const link = await linkTo(email)
    const mail = await visit(reader)
    const titles = { en: 'Choose a new password', it: 'Scegli una nuova password' }
    await mail.goto(link)
    await see(mail, 'reset', titles)
    await mail.locator('#password').fill('password1')
    await mail.locator('#password').press('Enter')
    await mail.getByRole('alert').waitFor()
    await see(mail, 'reset-again', titles)
    await mail.locator('#password').fill(goodPassword)
    await mail.locator('#password').press('Enter')
    await see(mail, 'password-changed', { en: 'Your password is changed', it: 'La password è cambiata' })
    await mail.goto(link)
    await mail.locator('#password').fill('Korrekt Pferd Batterie 88!')
    await mail.locator('#password').press('Enter')
    await see(mail, 'link-gone', { en: 'This link does not work any more', it: 'Questo link non funziona più' })

    await choose(page, 'back')
    await signIn(page, { username, password: goodPassword })
    expect((await backAtTheProgram(page)).get('code')).toEqual(expect.any(String))
  })

  it.each([
    ['allow', 'code'],
    ['deny', 'error'],
  ])('ask whether a program may have what it wants: %s', async (answer, param) => {
    const page = await visit(reader)
    const scope = 'openid profile email roles impersonate'
    await page.goto(await application.signInUrl(stranger, { scope }))
    await signIn(page, ada)
    await see(page, 'consent', {
      en: 'Let The Stranger’s Photographs in?',
      it: 'Consentire l’accesso a The Stranger’s Photographs?',
    })
    await choose(page, answer)
    expect((await backAtTheProgram(page)).get(param)).toEqual(expect.any(String))
  })

  it('sign a device in', async () => {
    const television = await application.add({ name: 'Television', confidential: false })
    const form = { client_id: television.id, scope: 'openid profile' }
    const { body } = await callPath('public', 'POST', '/oidc/device/auth', { form })
    const { verification_uri, user_code }: Record<string, unknown> = Object(body)
    const titles = { en: 'Sign in on a device', it: 'Accedi su un dispositivo' }
    const page = await visit(reader)
    await page.goto(String(verification_uri))
    await see(page, 'device', titles)
    await page.locator('#code').fill('BBBB-BBBB')
    await page.locator('#code').press('Enter')
    await page.getByRole('alert').waitFor()
    await see(page, 'device-again', titles)
    await page.locator('#code').fill(String(user_code))
    await page.locator('#code').press('Enter')
    await see(page, 'device-confirm', { en: 'Is this your device?', it: 'È il tuo dispositivo?' })
    await page.locator('button:not([name])').click()
    await signIn(page, ada)
    await choose(page, 'allow')
    await see(page, 'device-done', { en: 'Your device is signed in', it: 'Il dispositivo ha effettuato l’accesso' })
  })

  it('sign out', async () => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard))
    await signIn(page, ada)
    await backAtTheProgram(page)
    const signOut = `${issuer().href}/session/end?client_id=${orchard.id}`
    await page.goto(signOut)
    await see(page, 'sign-out', { en: 'Sign out?', it: 'Uscire?' })
    await choose(page, 'yes')
    await see(page, 'signed-out', { en: 'You are signed out', it: 'Sei uscito' })
    await page.goto(`${signOut}&post_logout_redirect_uri=${encodeURIComponent(application.afterSignOut)}`)
    if (!reader.scripts) await sendOn(page)
    await page.waitForURL(application.afterSignOut)
  })

  it('say what did not work', async () => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard, { redirect_uri: 'https://evil.example/' }))
    await see(page, 'failed', { en: 'This did not work', it: 'Non ha funzionato' })
    await page.goto(`${issuer().href}/interaction/none`)
    await see(page, 'gone', { en: 'This page has run out', it: 'Questa pagina è scaduta' })
  })

  it('hand the code over in a form', async () => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard, { response_mode: 'form_post' }))
    await signIn(page, ada)
    if (!reader.scripts) await sendOn(page)
    await page.waitForURL(application.callback)
  })

  it('end the session of whoever was signed in when somebody else signs in', async () => {
    const page = await visit(reader)
    await page.goto(await application.signInUrl(orchard))
    await signIn(page, ada)
    await backAtTheProgram(page)
    await page.goto(await application.signInUrl(orchard, { prompt: 'login' }))
    await signIn(page, await registerPlayer())
    if (!reader.scripts) await sendOn(page)
    expect((await backAtTheProgram(page)).get('code')).toEqual(expect.any(String))
  })
})
