import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HttpClient } from '../../../lib/delivery/http/http-client';
import type { CertificateAuthorities, RecipientOptions } from '../../../lib/options/delivery';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { type Authority, makeAuthority } from '../../support/receivers/certificates';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';
import type { LaxAnswers, LaxOptions } from './lax-process';

const NAME = 'hooks.example';
const TO_LOOPBACK: RecipientOptions = {
  ports: 'any',
  allow: ['127.0.0.0/8'],
  lookup: (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
};

let authority: Authority;
let receiver: Receiver;
let client: HttpClient | undefined;

beforeAll(() => {
  authority = makeAuthority();
});
afterEach(async () => {
  await client?.close();
  await receiver.close();
});
afterAll(() => authority.remove());

const named = (): string => receiver.url.replace('127.0.0.1', NAME);

async function receive(...names: readonly string[]): Promise<void> {
  receiver = await startReceiver(undefined, authority.issue(...names));
}

function post(url: string, ca: CertificateAuthorities) {
  client = new HttpClient(new RecipientPolicy(TO_LOOPBACK), {
    maxConcurrencyPerOrigin: 2,
    keepAlive: false,
    ca,
  });
  return client.send({
    method: 'POST',
    url: new URL(url),
    headers: {},
    body: '{}',
    ...ATTEMPT_DEFAULTS,
  });
}

describe('HttpClient over TLS', () => {
  const others = makeAuthority();
  afterAll(() => others.remove());

  it.each<{ name: string; ca: () => CertificateAuthorities }>([
    { name: 'as text', ca: () => authority.pem },
    { name: 'as bytes', ca: () => Buffer.from(authority.pem) },
    { name: 'in a list', ca: () => [others.pem, authority.pem] },
    { name: 'in a bundle', ca: () => `# ours\n${others.pem}\n${authority.pem}` },
  ])('An authority that is given $name is trusted', async ({ ca }) => {
    await receive(`DNS:${NAME}`);
    expect(await post(named(), ca())).toMatchObject({ kind: 'answered', httpStatus: 200 });
    expect(receiver.received[0]?.headers.host).toMatch(/^hooks\.example:/);
  });

  it.each<{ name: string; ca: () => CertificateAuthorities }>([
    { name: 'none of its own', ca: () => [] },
    { name: 'another one', ca: () => others.pem },
  ])('A certificate of an unknown authority is refused with $name', async ({ ca }) => {
    await receive(`DNS:${NAME}`);
    expect(await post(named(), ca())).toEqual({
      kind: 'unanswered',
      reason: expect.stringMatching(/unable to verify|unable to get local issuer|self.signed/),
    });
    expect(receiver.received).toEqual([]);
  });

  it('The certificate must be for the requested name', async () => {
    await receive('DNS:other.example', 'IP:127.0.0.1');
    expect(await post(named(), authority.pem)).toEqual({
      kind: 'unanswered',
      reason: expect.stringContaining("does not match certificate's altnames"),
      detail: expect.stringContaining('other.example'),
    });
    expect(receiver.received).toEqual([]);
  });

  it('The certificate must be for the address if the URL contains one', async () => {
    await receive(`IP:127.0.0.1`);
    expect(await post(receiver.url, authority.pem)).toMatchObject({ kind: 'answered' });
    await receiver.close();
    await receive(`DNS:${NAME}`);
    expect(await post(receiver.url, authority.pem)).toMatchObject({ kind: 'unanswered' });
  });

  it('A dot at the end of the name is ignored in the certificate check', async () => {
    await receive(`DNS:${NAME}`);
    const url = receiver.url.replace('127.0.0.1', `${NAME}.`);
    expect(await post(url, authority.pem)).toMatchObject({ kind: 'answered' });
  });
});

describe('HttpClient with NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  // Node.js reads this from its true environment, which jest gives no spec.
  async function laxly(url: string, ca: string): Promise<LaxAnswers> {
    const options: LaxOptions = { url, name: NAME, ca };
    const child = [join(__dirname, 'lax-process.ts'), JSON.stringify(options)];
    const flags = [
      '--import',
      'tsx',
      '--no-warnings',
      '--tls-min-v1.0',
      '--tls-cipher-list=DEFAULT:@SECLEVEL=0',
    ];
    const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...child], { env });
    return JSON.parse(stdout) as LaxAnswers;
  }

  it('Certificates are verified in spite of the environment variable', async () => {
    await receive(`DNS:${NAME}`);
    const { ours, nodes } = await laxly(named(), '');
    expect(nodes).toBe('200');
    expect(ours).toMatchObject({ kind: 'unanswered', reason: expect.stringMatching(/unable to/) });
    expect(receiver.received).toHaveLength(1);
  });

  it('TLS versions before 1.2 are refused', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
    const certificate = authority.issue(`DNS:${NAME}`);
    receiver = await startReceiver(undefined, {
      ...certificate,
      ...old,
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    const { ours, nodes } = await laxly(named(), authority.pem);
    expect(nodes).toBe('200');
    expect(ours).toMatchObject({ kind: 'unanswered' });
  });
});
