import { defineConfig } from 'sallyport'

export default defineConfig({
  services: {
    // A shop in two processes. A token that is made for it alone tells it who is calling.
    shop: {
      prefix: '/shop',
      targets: ['http://127.0.0.1:3000', 'http://127.0.0.1:3001'],
      access: 'signed-in',
      routes: [
        { method: 'GET', path: '/shop/catalogue', access: 'anyone' },
        { method: 'GET', path: '/shop/orders', access: { scope: 'shop:read' } },
        { method: 'DELETE', path: '/shop/orders/:id', access: { roles: ['admin'] } },
      ],
      limits: { perAddress: '600/minute', perAccount: '5000/day', perKey: '80/hour', bodyBytes: 10_000 },
      health: '/health',
    },
    // An older program, which believes what two headers say.
    reports: {
      prefix: '/reports',
      targets: ['http://127.0.0.1:3002'],
      access: { roles: ['admin'] },
      limits: { timeoutSeconds: 30 },
      identity: 'headers',
      headers: { 'X-User': 'username', 'X-Roles': 'roles' },
    },
  },
})
