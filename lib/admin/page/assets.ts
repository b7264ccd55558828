import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { contentEtag } from '../content-etag';

const FILES = { 'page.css': 'text/css', 'page.js': 'text/javascript' } as const;

export type AssetName = keyof typeof FILES | 'theme.css';

const texts = new Map(
  Object.keys(FILES).map((name) => [name, readFileSync(join(__dirname, 'assets', name), 'utf8')]),
);

/** The style sheet and the script of the page. They are public: nothing in them depends on who asks. */
export function assets(theme: Readonly<Record<string, string>>): Hono {
  const app = new Hono();
  const served: readonly (readonly [AssetName, string, string])[] = [
    ...Object.entries(FILES).map(
      ([name, type]) => [name as AssetName, type, texts.get(name) ?? ''] as const,
    ),
    ['theme.css', 'text/css', themeCss(theme)],
  ];
  for (const [name, type, text] of served) {
    const etag = contentEtag(text);
    const headers = { etag, 'cache-control': 'max-age=300' };
    app.get(`/${name}`, (context) =>
      context.req.header('if-none-match') === etag
        ? new Response(null, { status: 304, headers })
        : new Response(text, { headers: { ...headers, 'content-type': `${type}; charset=utf-8` } }),
    );
  }
  return app;
}

/** The option `theme` allows no character that ends a declaration. */
function themeCss(theme: Readonly<Record<string, string>>): string {
  const declarations = Object.entries(theme).map(([name, value]) => `  ${name}: ${value};\n`);
  return declarations.length === 0 ? '' : `:root {\n${declarations.join('')}}\n`;
}
