import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { toNode } from '../../../lib/admin';
import { AdminFlow, WHO } from '../../support/application/admin-flow';
import { until } from '../../support/application/waiting';
import { hasBrowser, startBrowser } from '../../support/processes/browser';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const PATIENCE_MS = 120_000;
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let flow: AdminFlow;
let server: Server;
let browser: Browser;
let receiver: Receiver;
/** Whether the receiver answers 500. */
let isBroken = false;

(hasBrowser ? describe : describe.skip)('the page in a browser', () => {
  beforeAll(async () => {
    flow = await AdminFlow.startAdmin(
      { basePath: '/hooks' },
      { attach: { sweepMs: 200, delivery: { retryDelayMs: 600_000 } } },
    );
    server = createServer(toNode(flow.app)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    browser = await startBrowser();
  }, PATIENCE_MS);
  beforeEach(async () => {
    isBroken = false;
    receiver = await startReceiver((_request, response) => {
      response.writeHead(isBroken ? 500 : 200).end(isBroken ? 'out of order' : '');
    });
  });
  afterEach(async () => {
    await receiver.close();
    await flow.clear();
    await flow.query('TRUNCATE model_hook_delivery, model_hook_attempt');
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await flow?.stop();
  });

  it.each([true, false])(
    'The whole journey works, with JavaScript: %p',
    async (javaScriptEnabled) => {
      const context = await visitor({ javaScriptEnabled });
      const page = await context.newPage();
      await flow.saveParcel({ name: 'Before' });

      await page.goto(`${origin()}/hooks/`);
      await page.getByRole('link', { name: 'Events' }).click();
      const card = page.getByRole('region', { name: 'Parcel' });
      await card.getByRole('link', { name: 'Make a listener' }).click();
      await createListener(page, javaScriptEnabled);
      const first = (await page.locator('#secret').textContent()) ?? '';
      expect(first).toMatch(/^whsec_/);

      await flow.saveParcel({ name: 'Books', weight: 3 });
      await flow.saveParcel({ name: 'Pens', weight: 3 });
      await receiver.waitFor(1);
      await flow.hooks.idle();
      expect(receiver.received.map(({ body }) => body)).toMatchObject([{ name: 'Books' }]);
      await page.getByRole('link', { name: 'Deliveries', exact: true }).click();
      await page
        .getByRole('row', { name: /parcel\.created/ })
        .getByRole('link')
        .first()
        .click();
      await expectText(page, 'done');
      await expectText(page, '"name":"Books"');

      isBroken = true;
      await flow.saveParcel({ name: 'Bottles' });
      await until('it waits for its retry', async () => {
        const { items } = await flow.hooks.deliveries.find({ status: 'retrying' });
        return items.length === 1;
      });
      await page.goto(`${origin()}/hooks/deliveries?status=retrying`);
      await expectText(page, 'HTTP 500');
      await page
        .getByRole('row', { name: /parcel\.created/ })
        .getByRole('link')
        .first()
        .click();
      await expectText(page, 'out of order');

      isBroken = false;
      await page.getByRole('button', { name: 'Retry' }).click();
      await expectText(page, 'It is sent again soon.');
      await receiver.waitFor(3);
      await flow.hooks.idle();
      await page.reload();
      await expectText(page, 'Bottles');
      const [, , again] = receiver.received;
      expect(again?.headers['hook-attempt']).toBe('2');

      await page.getByRole('link', { name: 'Listeners' }).click();
      await page.getByRole('link', { name: /127\.0\.0\.1/ }).click();
      await page.getByRole('button', { name: 'Rotate the secret' }).click();
      const second = (await page.locator('#secret').textContent()) ?? '';
      expect(second).toMatch(/^whsec_/);
      expect(second).not.toBe(first);

      await page.getByRole('link', { name: 'Replay' }).click();
      await page.getByLabel('Since (UTC)').fill('2020-01-01T00:00');
      await page.getByRole('button', { name: 'Start' }).click();
      await expectText(page, '2 deliveries wait to be sent again.');
      await receiver.waitFor(5);
      await flow.hooks.idle();

      await page.getByRole('link', { name: 'Listeners' }).click();
      await page.getByRole('link', { name: /127\.0\.0\.1/ }).click();
      await page.getByText('Remove', { exact: true }).click();
      await page.getByRole('button', { name: 'Yes, remove this listener' }).click();
      await expectText(page, 'The listener was removed.');
      await context.close();
    },
    PATIENCE_MS,
  );

  it('A signature is checked before the eyes of the user', async () => {
    const listener = await flow.hooks
      .get('parcel')
      .listener({ url: `${receiver.url}/hook`, owner: 'acme' })
      .save();
    await flow.saveParcel();
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
    const context = await visitor({});
    const page = await context.newPage();
    await page.goto(`${origin()}/hooks/deliveries/${items[0]?.id}`);
    await page.getByRole('button', { name: 'Check its signature' }).click();
    await page.getByLabel('Secret').fill(listener.secret ?? '');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await expectText(page, 'The signature is right.');
    await page.getByLabel('Secret').fill('another secret');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await expectText(page, 'Both signatures differ');
    await context.close();
  });

  it(
    'Every page is accessible to axe, dark, light or narrow',
    async () => {
      const listener = await flow.hooks
        .get('parcel')
        .listener({ url: `${receiver.url}/hook`, owner: 'acme' })
        .save();
      await flow.saveParcel();
      await flow.hooks.idle();
      const { items } = await flow.hooks.deliveries.find({ listener: listener.id });
      const paths = [
        '',
        '/events',
        '/listeners',
        '/listeners/new?hook=parcel',
        `/listeners/${listener.id}`,
        `/listeners/${listener.id}/edit`,
        '/deliveries',
        `/deliveries/${items[0]?.id}`,
        '/replay',
        '/check',
        '/nothing',
      ];
      const found: string[] = [];
      for (const look of [
        { colorScheme: 'light' },
        { colorScheme: 'dark' },
        { viewport: { width: 390, height: 800 } },
      ] as const) {
        const context = await visitor(look);
        const page = await context.newPage();
        for (const path of paths) {
          await page.goto(`${origin()}/hooks${path}`);
          found.push(...(await seriousOn(page)).map((what) => `${path}: ${what}`));
          const { scrolls, wide } = await page.evaluate(WIDTHS);
          if (scrolls > wide) found.push(`${path}: is ${scrolls} wide on a screen of ${wide}`);
        }
        await context.close();
      }
      expect(found).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('No script but that of the app runs, and nothing is asked of other hosts', async () => {
    await flow.hooks
      .get('parcel')
      .listener({
        url: `${receiver.url}/<script>alert(1)</script>`,
        owner: '<img src=x onerror=alert(1)>',
      })
      .save();
    const context = await visitor({});
    const page = await context.newPage();
    const asked = new Set<string>();
    const complaints: string[] = [];
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        complaints.push(message.text());
    });
    for (const path of ['', '/listeners', '/listeners/new?hook=parcel'])
      await page.goto(`${origin()}/hooks${path}`);
    await page.waitForSelector('#preview h2');
    expect([...asked]).toEqual([origin()]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

function origin(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function visitor(options: Parameters<Browser['newContext']>[0]): Promise<BrowserContext> {
  return browser.newContext({ ...options, extraHTTPHeaders: { [WHO]: 'operator' } });
}

/** A listener to parcels whose name begins with B; one field after the other, by keyboard alone. */
async function createListener(page: Page, hasJavaScript: boolean): Promise<void> {
  await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/hook`);
  const name = page.getByRole('group', { name: 'name (text)' });
  await name.getByLabel('Operator').selectOption('startsWith');
  await name.getByLabel('Value').fill('B');
  const isSent = page.getByRole('group', { name: 'state (text)' });
  await isSent.getByLabel('Operator').selectOption('is');
  await isSent.getByLabel('Value').fill('lost');
  if (!hasJavaScript) await page.getByRole('button', { name: 'Preview' }).click();
  await expectText(page, 'state is "lost": "packed"');
  await page.getByRole('group', { name: 'state (text)' }).getByLabel('Operator').selectOption('');
  await page.getByRole('button', { name: 'Create the listener' }).focus();
  await page.keyboard.press('Enter');
  await expectText(page, 'The listener was created.');
}

async function expectText(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor({ timeout: 20_000 });
}

const WIDTHS =
  '({ scrolls: document.documentElement.scrollWidth, wide: window.innerWidth })' as unknown as () => {
    readonly scrolls: number;
    readonly wide: number;
  };

/** What axe finds that keeps somebody from using the page. */
async function seriousOn(page: Page): Promise<readonly string[]> {
  // The policy of the page forbids scripts in it, so axe runs in the world of the browser's own tools.
  await page.evaluate(AXE);
  const violations = (await page.evaluate('axe.run().then((found) => found.violations)')) as {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly target: readonly string[] }[];
  }[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
