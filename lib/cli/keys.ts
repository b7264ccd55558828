import type { Command } from 'commander';
import { generateSigningKey } from '../signing/key-pair';
import { type OutputOptions, printsJson, withOutputOptions } from './common-options';
import type { Invocation } from './invocation';

export function addKeys(program: Command, invocation: Invocation): void {
  const command = program
    .command('keys')
    .summary('print a new key pair for the option signingKeys')
    .description(
      'Makes a key pair of ed25519 and prints it; it is stored nowhere. The secret key belongs in the option `signingKeys` of all ' +
        'processes, and the public key is for receivers. It needs no DataSource.',
    );
  withOutputOptions(command).action((options: OutputOptions) => keys(options, invocation));
}

function keys(options: OutputOptions, { terminal }: Invocation): void {
  const { secretKey, publicKey } = generateSigningKey();
  if (printsJson(options, terminal)) terminal.print(JSON.stringify({ secretKey, publicKey }));
  else
    terminal.print(
      `secret key (keep it)        ${secretKey}\npublic key (for receivers)  ${publicKey}`,
    );
}
