import { isForeign } from '../../lib/admin/access/same-origin';

const FORM = 'application/x-www-form-urlencoded';

interface Case {
  readonly what: string;
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly foreign: boolean;
}

const CASES: readonly Case[] = [
  {
    what: 'A program that names no origin',
    headers: { 'content-type': 'application/json' },
    foreign: false,
  },
  { what: 'A program without a body', headers: {}, foreign: false },
  {
    what: 'A form of the app',
    headers: { origin: 'http://admin.test', 'content-type': FORM },
    foreign: false,
  },
  { what: 'A form without an origin', headers: { 'content-type': FORM }, foreign: true },
  {
    what: 'A form in parts without an origin',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    foreign: true,
  },
  {
    what: 'Text without an origin',
    headers: { 'content-type': 'TEXT/plain;charset=utf-8' },
    foreign: true,
  },
  { what: 'Another origin', headers: { origin: 'http://evil.test' }, foreign: true },
  { what: 'Another port', headers: { origin: 'http://admin.test:81' }, foreign: true },
  {
    what: 'A host that ends like the app',
    headers: { origin: 'http://evil-admin.test' },
    foreign: true,
  },
  { what: 'The origin null', headers: { origin: 'null' }, foreign: true },
  { what: 'An empty origin', headers: { origin: '' }, foreign: true },
  { what: 'A proxy that ends TLS', headers: { origin: 'https://admin.test' }, foreign: false },
  {
    what: 'A proxy that names the host',
    headers: { origin: 'https://public.test', 'x-forwarded-host': 'public.test, inner' },
    foreign: false,
  },
  {
    what: 'A browser on the same site',
    headers: { 'sec-fetch-site': 'same-site', origin: 'http://admin.test' },
    foreign: true,
  },
  {
    what: 'A browser on the same origin',
    headers: { 'sec-fetch-site': 'same-origin' },
    foreign: false,
  },
  { what: 'A browser on another site', headers: { 'sec-fetch-site': 'cross-site' }, foreign: true },
  {
    what: 'A browser whose user asked for it',
    headers: { 'sec-fetch-site': 'none' },
    foreign: false,
  },
  {
    what: 'Reading from another site',
    method: 'GET',
    headers: { 'sec-fetch-site': 'cross-site' },
    foreign: false,
  },
];

describe('isForeign()', () => {
  it.each(CASES)(
    '$what is judged by what the browser says',
    ({ method = 'POST', headers, foreign }) => {
      const request = new Request('http://admin.test/listeners', { method, headers });
      expect(isForeign(request)).toBe(foreign);
    },
  );
});
