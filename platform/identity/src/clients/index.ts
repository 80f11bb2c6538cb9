export { InvalidClient, type NewClient, UnknownClient } from './client.ts'
export { type Clients, createClients, type WithSecret } from './clients.ts'
