import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import express, { type Express } from 'express'
import session from 'express-session'
import { Passport } from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Player, registerPlayer } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, type RegisteredClient } from './clients.ts'
import { visit, type Visitor } from './visitor.ts'

let ada: Player
let shop: Shop

beforeAll(async () => {
  ada = await registerPlayer()
  shop = await openShop()
})

afterAll(() => shop.close())

describe('a shop that has people sign in with passport-openidconnect', () => {
  it('sends somebody here and knows them when they are back', async () => {
    const visitor = shop.enter()
    const { url } = await new Browser().signIn(await visitor.sentTo('/sign-in'), ada)
    expect(await visitor.sentTo(url)).toBe('/')
    const { text } = await visitor.get('/')
    expect(JSON.parse(text)).toEqual({
      issuer: issuer().href,
      id: ada.uid,
      username: ada.username,
      emails: [{ value: ada.email }],
    })
  })

  it('takes nobody back whose state is not the one they were sent with', async () => {
    const visitor = shop.enter()
    const back = new URL((await new Browser().signIn(await visitor.sentTo('/sign-in'), ada)).url)
    back.searchParams.set('state', 'guessed')
    expect((await visitor.get(back)).status).toBe(403)
    expect((await visitor.get('/')).status).toBe(401)
  })

  it('takes nobody in who was sent from another browser', async () => {
    const { url } = await new Browser().signIn(await shop.enter().sentTo('/sign-in'), ada)
    const stranger = shop.enter()
    expect((await stranger.get(url)).status).toBe(403)
    expect((await stranger.get('/')).status).toBe(401)
  })

  it('hears that somebody did not want to', async () => {
    const visitor = shop.enter()
    const browser = new Browser()
    const { url } = await browser.submit(await browser.go(await visitor.sentTo('/sign-in')), { answer: 'cancel' })
    expect(new URL(url).searchParams.get('error')).toBe('access_denied')
    expect((await visitor.get(url)).status).toBe(401)
  })
})

interface Shop {
  /** In a browser of one's own. */
  enter(): Visitor
  close(): Promise<void>
}

/** A shop on a port of its own, with its own sessions. */
async function openShop(): Promise<Shop> {
  const app = express()
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = addressOf(server)
  const callbackURL = `${address}/callback`
  furnish(app, callbackURL, await addClient({ name: 'Shop', first_party: true, redirect_uris: [callbackURL] }))
  return {
    enter: () => visit(address),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function furnish(app: Express, callbackURL: string, { id, secret = '' }: RegisteredClient): void {
  const passport = new Passport()
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user: Express.User, done) => done(null, user))
  passport.use(
    new OpenIDConnectStrategy(
      {
        issuer: issuer().href,
        authorizationURL: `${issuer().href}/auth`,
        tokenURL: `${issuer().href}/token`,
        userInfoURL: `${issuer().href}/me`,
        clientID: id,
        clientSecret: secret,
        callbackURL,
        scope: ['profile', 'email'],
        nonce: 'always',
        skipUserProfile: false,
      },
      (from: string, profile: OpenIDConnectStrategy.Profile, done: OpenIDConnectStrategy.VerifyCallback) => {
        const { id, username, emails } = profile
        done(null, { issuer: from, id, username, emails })
      },
    ),
  )
  app.use(session({ secret: randomBytes(16).toString('hex'), resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.get('/sign-in', passport.authenticate('openidconnect'))
  app.get('/callback', passport.authenticate('openidconnect'), (_request, response) => response.redirect('/'))
  app.get('/', (request, response) => void response.status(request.user ? 200 : 401).json(request.user))
}

function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the shop is on no port')
  return `http://localhost:${address.port}`
}
