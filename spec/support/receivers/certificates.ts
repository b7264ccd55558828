import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A new certificate authority, made by `openssl`. */
export interface Authority {
  readonly pem: string;
  /** Issues a certificate for names (`DNS:hooks.example`) or addresses (`IP:127.0.0.1`). */
  issue(...names: readonly string[]): Certificate;
  /** Removes the files of the authority. Issued certificates stay valid. */
  remove(): void;
}

export function makeAuthority(): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'model-hooks-ca-'));
  const file = (name: string): string => join(directory, name);
  const make = (name: string, ...extra: readonly string[]): Certificate => {
    const [key, cert] = [file(`${name}.key`), file(`${name}.pem`)];
    const output = ['-keyout', key, '-out', cert, '-subj', `/CN=${name}`, '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...KEY, ...output, ...extra], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  };
  const { cert: pem } = make('ca', '-addext', 'basicConstraints=critical,CA:TRUE');
  let issued = 0;
  return {
    pem,
    issue: (...names) => {
      issued += 1;
      return make(
        `leaf-${issued}`,
        ...['-CA', file('ca.pem'), '-CAkey', file('ca.key')],
        ...['-addext', `subjectAltName=${names.join()}`, '-addext', 'basicConstraints=CA:FALSE'],
      );
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
