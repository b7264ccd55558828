import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { HttpClient } from '../../../lib/delivery/http/http-client';
import type { Reply } from '../../../lib/delivery/http/reply';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';

/** The options of a process of tls.spec.ts, given as JSON in its first argument. */
export interface LaxOptions {
  readonly url: string;
  /** The name, which resolves to loopback. */
  readonly name: string;
  /** PEM of a further trusted authority, or an empty text. */
  readonly ca: string;
}

/** The results of one request by our client and one by Node.js: a status or an error. */
export interface LaxAnswers {
  readonly ours: Reply;
  readonly nodes: string;
}

const lookup: LookupFunction = (_hostname, { all }, callback) =>
  all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);

async function main({ url, ca }: LaxOptions): Promise<void> {
  const client = new HttpClient(
    new RecipientPolicy({ ports: 'any', allow: ['127.0.0.0/8'], lookup }),
    { maxConcurrencyPerOrigin: 1, keepAlive: false, ca: ca === '' ? [] : ca },
  );
  const request = {
    method: 'POST',
    url: new URL(url),
    headers: {},
    body: '{}',
    ...ATTEMPT_DEFAULTS,
  };
  const ours = await client.send(request);
  await client.close();
  process.stdout.write(JSON.stringify({ ours, nodes: await byNode(url) } satisfies LaxAnswers));
}

function byNode(url: string): Promise<string> {
  return new Promise((resolve) => {
    const options = {
      method: 'POST',
      lookup,
      agent: false,
    } as const;
    request(url, options, (response) => {
      response.resume();
      resolve(`${response.statusCode}`);
    })
      .on('error', (error) => resolve(error.message))
      .end('{}');
  });
}

void main(JSON.parse(process.argv[2] ?? '{}') as LaxOptions);
