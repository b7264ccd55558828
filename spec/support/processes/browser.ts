import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Whether a browser is there. Where services are required, a spec without one fails. */
export const hasBrowser = existsSync(CHROMIUM) || process.env.REQUIRE_SERVICES === '1';

if (!hasBrowser) console.warn(`Specs of the page are skipped: there is no ${CHROMIUM}.`);

/** A headless Chromium that asks nobody but the pages that it is sent to. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
