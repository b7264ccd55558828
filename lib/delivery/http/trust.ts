import * as tls from 'node:tls';
import { certificatesOf } from '../../options/certificates';
import type { CertificateAuthorities } from '../../options/delivery';

/**
 * Whom we believe that a recipient is who it says: the roots that Node.js trusts, and those of the option `delivery.ca`. Make one for many
 * connections: with roots of one's own, all of them are parsed each time. Throws `OPTION_INVALID`.
 */
export function secureContextOf(ca: CertificateAuthorities): tls.SecureContext {
  const own = certificatesOf(ca);
  return tls.createSecureContext({
    minVersion: 'TLSv1.2',
    ...(own.length > 0 && { ca: [...defaultRoots(), ...own] }),
  });
}

/** With NODE_EXTRA_CA_CERTS and the system's, where Node.js was told to use them and can tell. */
function defaultRoots(): readonly string[] {
  // Since Node.js 22.15.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
