import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelHooks } from 'typeorm-model-hooks';
import { adminApp, toNode } from 'typeorm-model-hooks/admin';

/** Serves the page over the deliveries of the sample, until Ctrl+C. */
export async function serve(hooks: ModelHooks): Promise<void> {
  // Whoever can reach this address of the machine is an operator. A real application asks who it is.
  const admin = adminApp(hooks, { authenticate: () => ({ role: 'operator' }) });
  const server = createServer(toNode(admin)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  console.log(`\nThe page is at http://127.0.0.1:${port}/ until you press Ctrl+C.`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  server.close();
  server.closeAllConnections();
}
