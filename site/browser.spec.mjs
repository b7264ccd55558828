// Opens built pages in Chromium: `npm run docs` first.
import assert from 'node:assert/strict';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { chromium } from 'playwright-core';

const DIST = new URL('dist/', import.meta.url);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['', 'delivery.html', 'nestjs.html', 'reference/index.html'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://site').pathname.replace(/\/$/, '/index.html');
  const file = new URL(`.${path}`, DIST);
  if (!existsSync(file)) return response.writeHead(404).end();
  const type = Object.entries(TYPES).find(([ending]) => ending === extname(path))?.[1];
  response.writeHead(200, type === undefined ? {} : { 'content-type': type });
  createReadStream(file).pipe(response);
});

/** @type {import('playwright-core').Browser} */
let browser;
let origin = '';

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  origin = `http://127.0.0.1:${address.port}`;
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
  await browser.close();
  server.close();
});

describe('the built site', () => {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const path of PAGES) {
      it(`/${path} in ${colorScheme} breaks no rule of axe and asks no other host`, async () => {
        const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce' });
        const page = await context.newPage();
        /** @type {string[]} */
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(`${origin}/${path}`, { waitUntil: 'networkidle' });
        await page.evaluate(AXE);
        const violations = await page.evaluate(violationsOfPage);
        await context.close();
        assert.deepEqual(violations, []);
        assert.deepEqual(
          asked.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(origin)),
          [],
        );
      });
    }
  }

  it('A search for "retries" finds the page on delivery', async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/`, { waitUntil: 'networkidle' });
    await page.locator('.DocSearch-Button').click();
    await page.locator('#localsearch-input').fill('retries');
    const found = page.locator('.VPLocalSearchBox .result[href*="/delivery.html"]').first();
    await found.waitFor();
    await found.click();
    await page.waitForURL(/\/delivery\.html/);
    await page.close();
  });

  it('A phone scrolls no page sideways', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    for (const path of PAGES) {
      await page.goto(`${origin}/${path}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(width <= 360, `/${path} is ${width} pixels wide`);
    }
    await page.close();
  });
});

/** Runs in the page. */
async function violationsOfPage() {
  const { violations } = await /** @type {any} */ (globalThis).axe.run(document);
  return violations.map((/** @type {any} */ { id, nodes }) => ({
    id,
    targets: nodes.slice(0, 3).map((/** @type {any} */ node) => node.html.slice(0, 200)),
  }));
}
