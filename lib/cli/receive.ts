import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Command, Option } from 'commander';
import { publicKeyIn } from '../signing/key-pair';
import { secretProblem } from '../signing/secret';
import { type OutputOptions, printsJson, withOutputOptions } from './common-options';
import type { Invocation } from './invocation';
import { numberOf } from './number-option';
import { type Received, received } from './received';
import { StopSignals } from './stop-signals';
import { UsageError } from './usage-error';
import { filled } from './values';

interface ReceiveCommand extends OutputOptions {
  readonly port: number;
  readonly host: string;
  readonly secret?: string;
}

const HIGHEST_PORT = 65_535;
const REQUEST_MS = 10_000;

export function addReceive(program: Command, invocation: Invocation): void {
  const command = program
    .command('receive')
    .summary('receive, verify and print requests, for trying out')
    .description(
      'Receives requests until SIGINT or SIGTERM. It verifies the signature of each and prints it, without the signature. The reply is 204, or ' +
        '401 if the signature is not valid. It needs no DataSource.',
    )
    .requiredOption(
      '--port <PORT>',
      'the port to listen on; 0 takes a free one',
      numberOf(0, HIGHEST_PORT),
    )
    .option('--host <HOST>', 'the address to listen on', filled, '127.0.0.1')
    .addOption(
      new Option(
        '--secret <SECRET>',
        'the secret of the listener, or the public key (whpk_…) of the sender',
      ).env('MODEL_HOOKS_SECRET'),
    )
    .addHelpText('after', HELP);
  withOutputOptions(command).action((options: ReceiveCommand) => receive(options, invocation));
}

const HELP = `
Other users of a machine can see the arguments of a process, but not its environment.

Example:
  MODEL_HOOKS_SECRET=whsec_… model-hooks receive --port 8080`;

async function receive(options: ReceiveCommand, invocation: Invocation): Promise<void> {
  const secret = secretOf(options);
  const { terminal } = invocation;
  const isJson = printsJson(options, terminal);
  const signals = new StopSignals(invocation);
  const server = createServer({ requestTimeout: REQUEST_MS }, async (request, response) => {
    try {
      const { status, shown } = await received(request, secret);
      terminal.print(isJson ? JSON.stringify(shown) : textOf(shown));
      response.writeHead(status).end();
    } catch {
      response.destroy();
    }
  });
  try {
    server.listen(options.port, options.host);
    await once(server, 'listening');
    const url = urlOf(server.address() as AddressInfo);
    terminal.print(isJson ? JSON.stringify({ url }) : `Listening on ${url}`);
    await signals.first;
  } finally {
    signals.end();
    server.close();
    server.closeAllConnections();
  }
}

function secretOf({ secret }: ReceiveCommand): string {
  if (secret === undefined) throw new UsageError('Give --secret or set MODEL_HOOKS_SECRET.');
  if (publicKeyIn(secret) !== null) return secret;
  const problem = secretProblem(secret);
  if (problem !== null) throw new UsageError(`The option --secret ${problem}.`);
  return secret;
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function textOf({ at, method, path, verified, reason, headers, body }: Received): string {
  const state = verified ? 'verified' : `NOT VERIFIED: ${reason}`;
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`);
  const text = JSON.stringify(body);
  return [`${at} ${method} ${JSON.stringify(path)} ${state}`, ...lines, `  ${text}`].join('\n');
}
