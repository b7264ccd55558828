import * as tls from 'node:tls';
import { certificatesOf } from '../../options/certificates';
import type { CertificateAuthorities } from '../../options/delivery';

/**
 * The certificate authorities that recipients are verified with: those that Node.js trusts, and those of the option `delivery.ca`. Use one
 * context for many connections: with own certificates, creating it parses all of them. Throws `OPTION_INVALID`.
 */
export function secureContextOf(ca: CertificateAuthorities): tls.SecureContext {
  const own = certificatesOf(ca);
  return tls.createSecureContext({
    minVersion: 'TLSv1.2',
    ...(own.length > 0 && { ca: [...defaultRoots(), ...own] }),
  });
}

/** Includes NODE_EXTRA_CA_CERTS and the system's authorities, if Node.js is configured to use them and can list them. */
function defaultRoots(): readonly string[] {
  // Since Node.js 22.15.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
