import { Type } from 'typebox'
import { anyone } from '../access.ts'
import { picturesDialect } from '../dialects/pictures.ts'
import { demoKey } from '../pictures/demo-key.ts'
import { picturesQuotas } from '../pictures/quotas.ts'
import { route, type Surface } from '../route.ts'

const Day = Type.String({ description: 'YYYY-MM-DD' })
const Email = Type.String({ description: 'at most 100 characters' })
const Password = Type.String({ writeOnly: true, description: '8 to 1024 characters, none of the 1000 most common' })
const either = 'needed in one of its two spellings'

/** Clients write these names in two ways (pictures S-16, S-35). */
const credentials = {
  email: Type.Optional({ ...Email, description: `at most 100 characters; ${either}` }),
  Email: Type.Optional(Email),
  password: Type.Optional({ ...Password, description: either }),
  Password: Type.Optional(Password),
}

const exampleProof = { email: 'grace@example.org', Password: 'a long phrase is best' }
const proof = Type.Object(credentials, { examples: [exampleProof] })

export const registerForPictures = route({
  name: 'registerForPictures',
  summary: 'Register for an API key of thirty days, or get another one by address and password',
  method: 'POST',
  path: '/users/api/v1/register',
  aliases: ['/pictures/api/v1/register'],
  door: 'public',
  access: anyone,
  body: Type.Object(
    {
      'First Name': Type.String({ description: '1 to 100 characters' }),
      'Last Name': Type.String({ description: '1 to 100 characters' }),
      ...credentials,
    },
    { examples: [{ 'First Name': 'Grace', 'Last Name': 'Hopper', ...exampleProof }] },
  ),
  replies: {
    200: Type.Object({
      'API Key': Type.String({ description: 'what is sent as X-API-KEY; told this once' }),
      'Expiration Date': Day,
    }),
  },
})

export const readDemoKey = route({
  name: 'readDemoKey',
  summary: 'The key that is everybody’s, for downloads alone',
  method: 'GET',
  path: '/demo-key/api/v1/demo_key',
  aliases: ['/Demo%20Key/api/v1/demo_key', '/pictures/api/v1/demo_key'],
  door: 'public',
  access: anyone,
  replies: { 200: Type.Object({ 'API Key': Type.Literal(demoKey) }) },
})

/** What the pictures service knows of somebody: never the password, never a whole key (pictures S-36, S-F3). */
export const PersonalPicturesData = Type.Object({
  Reg_Id: Type.Integer(),
  Reg_Name: Type.String(),
  Reg_LastName: Type.String(),
  Reg_Email: Type.String(),
  Reg_Authentication_Key: Type.Union([Type.String(), Type.Null()], { description: 'how the newest key begins' }),
  Reg_Expiration_Date: Type.Union([Day, Type.Null()]),
  Reg_Last_Access_Ip: Type.String({ description: 'where the last registration came from' }),
  Reg_Is_Blocked: Type.Boolean(),
})

export const readPersonalData = route({
  name: 'readPersonalData',
  summary: 'What the pictures service knows of somebody, by address and password',
  method: 'POST',
  path: '/gdpr/api/v1/gdpr1',
  aliases: ['/pictures/api/v1/gdpr1'],
  door: 'public',
  access: anyone,
  body: proof,
  replies: { 200: PersonalPicturesData },
})

export const removePersonalData = route({
  name: 'removePersonalData',
  summary: 'Remove what the pictures service knows of somebody, and the account where it serves nothing else',
  method: 'DELETE',
  path: '/gdpr/api/v1/gdpr2',
  aliases: ['/pictures/api/v1/gdpr2'],
  door: 'public',
  access: anyone,
  body: proof,
  replies: { 200: Type.Object({ Info: Type.String() }) },
})

/** For clients that send no body with `DELETE` (pictures S-F4). */
export const removePersonalDataByPost = route({
  ...removePersonalData,
  name: 'removePersonalDataByPost',
  method: 'POST',
})

const surface = (name: string, path: string, routes: Surface['routes']): Surface => ({
  name: `identity.pictures-${name}`,
  dialect: picturesDialect,
  decidedBy: 'service',
  anyCase: true,
  bodyLimitBytes: 16 * 1024,
  prefixes: { public: path },
  forbidden: {},
  quotas: picturesQuotas,
  routes,
})

/** The accounts of the pictures service (pictures §2). */
export const picturesUsers = surface('users', '/users', [registerForPictures])
export const picturesDemoKey = surface('demo-key', '/demo-key', [readDemoKey])
export const picturesPrivacy = surface('privacy', '/gdpr', [
  readPersonalData,
  removePersonalData,
  removePersonalDataByPost,
])
