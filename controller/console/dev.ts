import { createServer } from 'vite';
import { bundle } from './bundle.ts';

/** The console as its sources are, changed pages at once, over a controller that runs already: `npm run console:dev -- http://127.0.0.1:8080`. */
const target = process.argv[2] ?? 'http://127.0.0.1:8080';
const toController = { target, changeOrigin: true, ws: true, headers: { origin: new URL(target).origin } };
const server = await createServer({
  ...bundle,
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': toController, '/healthz': toController, '/readyz': toController, '/openapi.json': toController } },
});
await server.listen();
server.printUrls();
