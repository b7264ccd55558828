import { X509Certificate } from 'node:crypto';
import { OptionInvalidError } from '../errors/option-errors';
import type { CertificateAuthorities } from './delivery';

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
