const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether a request may have been made by a page of another site, which the browser adds the user's cookies to. Browsers say where a
 * request comes from in `Sec-Fetch-Site` or `Origin`, and programs send neither. Forms of a browser always have an origin, so a form
 * without one is refused as well.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function isForeign(request: Request): boolean {
  const { method, headers } = request;
  if (SAFE.includes(method)) return false;
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  if (site !== null) return site !== 'same-origin' && !(site === 'none' && origin === null);
  if (origin !== null) return !hostsOf(request).includes(hostOf(origin));
  return isForm(headers.get('content-type'));
}

/** Types that a form of another site can send without asking. */
function isForm(contentType: string | null): boolean {
  const [type = ''] = (contentType ?? '').split(';');
  return ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'].includes(
    type.trim().toLowerCase(),
  );
}

/** A proxy in front of the app may have changed the host, and a page of another site cannot set this header. */
function hostsOf({ url, headers }: Request): readonly string[] {
  const forwarded = headers.get('x-forwarded-host')?.split(',')[0]?.trim().toLowerCase();
  return [new URL(url).host, ...(forwarded ? [forwarded] : [])];
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : 'null';
}
