import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';
import { OptionInvalidError } from '../errors';
import type { CertificateAuthorities } from './options';

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

/** The certificates of the option `delivery.ca`, in PEM. Throws `OPTION_INVALID`. */
export function certificatesOf(ca: CertificateAuthorities): readonly string[] {
  const given: readonly unknown[] = Array.isArray(ca) ? ca : [ca];
  return given.flatMap((one) => {
    const text = typeof one === 'string' || Buffer.isBuffer(one) ? `${one}` : '';
    const certificates = text.match(PEM) ?? [];
    if (certificates.length === 0 || !certificates.every(isCertificate))
      throw new OptionInvalidError('delivery.ca', 'certificates in PEM: text, a Buffer, or a list');
    return certificates;
  });
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** With NODE_EXTRA_CA_CERTS and the system's, where Node.js was told to use them and can tell. */
function defaultRoots(): readonly string[] {
  // Since Node.js 22.15.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
